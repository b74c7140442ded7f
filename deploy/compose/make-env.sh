#!/bin/sh
# Writes what compose.yaml needs for that XMPP host, with secrets that are new each time: keep the file, and make it once.
#   sh deploy/compose/make-env.sh op.example >deploy/compose/.env
set -eu
echo "XMPP_HOST=${1:?Say for which XMPP host: sh deploy/compose/make-env.sh op.example}"
for one in NUMBER_KEY SECRETS_KEY OPERATOR_KEY COMPONENT_SECRET \
  REDIS_ADMINISTRATOR_PASSWORD REDIS_COMPONENT_PASSWORD REDIS_GATEWAY_PASSWORD REDIS_WORKER_PASSWORD; do
  echo "$one=$(openssl rand -hex 32)"
done
