#!/bin/sh
# Starts Redis by redis-earshot.conf, with the passwords of the environment; sip has a user where there is one for it. Redis reads them
# from its standard input: no list of processes has them, and no file.
set -eu
settings=$(sed \
  -e 's/^bind .*/bind */' \
  -e "s/^requirepass .*/requirepass $ADMINISTRATOR_PASSWORD/" \
  -e "s/>change-me-component />$COMPONENT_PASSWORD /" \
  -e "s/>change-me-gateway />$GATEWAY_PASSWORD /" \
  -e "s/>change-me-worker />$WORKER_PASSWORD /" \
  ${SIP_PASSWORD:+-e "s/off >change-me-sip /on >$SIP_PASSWORD /"} \
  "$(dirname "$0")/redis-earshot.conf")
unset ADMINISTRATOR_PASSWORD COMPONENT_PASSWORD GATEWAY_PASSWORD WORKER_PASSWORD SIP_PASSWORD
exec redis-server - <<END
$settings
END
