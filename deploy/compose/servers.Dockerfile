# Prosody and Redis of Debian, as Earshot needs them, for compose.yaml.
ARG DEBIAN=docker.io/library/debian:trixie-slim

FROM ${DEBIAN} AS redis
RUN apt-get update \
  && apt-get install -y --no-install-recommends redis-server \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt
COPY deploy/redis-earshot.conf deploy/compose/redis.sh /opt/earshot-servers/
USER redis
CMD ["sh", "/opt/earshot-servers/redis.sh"]

FROM ${DEBIAN} AS prosody
RUN apt-get update \
  && apt-get install -y --no-install-recommends prosody prosody-modules openssl ca-certificates \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt
COPY deploy/prosody-earshot.cfg.lua deploy/compose/prosody.sh /opt/earshot-servers/
USER prosody
CMD ["sh", "/opt/earshot-servers/prosody.sh"]
