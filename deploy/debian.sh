#!/bin/sh
# From an empty Debian 13 to the first tune: Prosody, Redis and Earshot on one machine. As root, with a checkout in /opt/earshot:
#
#   sh deploy/debian.sh op.example
#
# A machine that has a Prosody or a Redis of its own: do by hand what stands here (docs/operating.md). Run again, it keeps what is
# there. With "packages" as second word it stops after the first part, the one that needs a network.
set -eu
umask 022
cd /opt/earshot
host=${1:?Say for which XMPP host: sh deploy/debian.sh op.example}

say() { printf '\n== %s\n' "$1"; }

say 'Packages, and the build'
missing=
for one in prosody prosody-modules redis-server nodejs npm openssl curl; do
  dpkg-query -W -f '${Status}' "$one" 2>/dev/null | grep -q '^install ok installed$' || missing="$missing $one"
done
if [ "$missing" ]; then
  apt-get update
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
fi
[ -e node_modules/.package-lock.json ] || npm ci --ignore-scripts --no-audit --no-fund
[ -e dist/.built-from ] || npm run build
if [ "${2-}" = packages ]; then exit; fi

say 'Secrets, in /etc/earshot'
install -d -m 700 /etc/earshot
(
  umask 077
  for one in number-key secrets-key operator-key component-secret redis-administrator; do
    [ -s "/etc/earshot/$one" ] || openssl rand -hex 32 >"/etc/earshot/$one"
  done
  for role in component gateway worker; do
    url=/etc/earshot/redis-url-$role
    [ -s "$url" ] || echo "redis://earshot-$role:$(openssl rand -hex 32)@127.0.0.1:6379" >"$url"
  done
)

say 'Redis'
if ! grep -q '^user earshot-gateway ' /etc/redis/redis.conf; then
  settings=$(sed "s/^requirepass .*/requirepass $(cat /etc/earshot/redis-administrator)/" deploy/redis-earshot.conf)
  for role in component gateway worker; do
    password=$(sed 's/^[^:]*:[^:]*:\(.*\)@.*/\1/' "/etc/earshot/redis-url-$role")
    settings=$(echo "$settings" | sed "s/>change-me-$role /user-password-$role /; s/user-password-$role/>$password/")
  done
  echo "$settings" >>/etc/redis/redis.conf
fi
systemctl enable redis-server
systemctl restart redis-server

say 'Prosody'
sed "s/op\.example/$host/g; s/change me/$(cat /etc/earshot/component-secret)/" deploy/prosody-earshot.cfg.lua |
  install -o root -g prosody -m 640 /dev/stdin /etc/prosody/conf.d/earshot.cfg.lua
systemctl enable prosody
systemctl restart prosody

say 'Earshot'
[ -e /etc/earshot.env ] || echo "EARSHOT_HOME_HOST=$host" >/etc/earshot.env
cp deploy/earshot-*@.service /etc/systemd/system/
systemctl daemon-reload
systemctl enable --now earshot-component@1 earshot-gateway@1 earshot-worker@1
tries=0
until curl -fsS http://127.0.0.1:8080/readyz 2>/dev/null; do
  tries=$((tries + 1))
  if [ "$tries" = 120 ]; then
    curl -sS http://127.0.0.1:8080/readyz || true
    journalctl -n 20 --no-pager -u 'earshot-*'
    exit 1
  fi
  sleep 1
done

say 'The first tune'
# ask METHOD PATH [BODY]: prints the answer. The key is in no list of processes.
ask() {
  printf 'header = "Authorization: Bearer %s"\n' "$(cat /etc/earshot/operator-key)" |
    curl -fsS -K - -X "$1" -H 'Content-Type: application/json' ${3+-d "$3"} "http://127.0.0.1:8080/v1/subscribers$2"
}
id() { sed 's/.*"subscriberId":"\([^"]*\)".*/\1/'; }
# Two numbers that are nobody's: a country's own examples.
alice=$(ask POST '' '{"phoneNumber":"+14155550100","displayName":"Alice"}' | id)
bob=$(ask POST '' '{"phoneNumber":"+14155550101","displayName":"Bob"}' | id)
ask PUT "/$alice/address-book" '{"contacts":[{"name":"Bob","phoneNumbers":["+14155550101"]}]}'
ask PUT "/$bob/address-book" '{"contacts":[{"name":"Alice","phoneNumbers":["+14155550100"]}]}'
ask PUT "/$alice/now-playing" '{"kind":"audio","title":"Clair de lune","artist":"Claude Debussy","length":300}'
tries=0
until ask GET "/$bob/friends" | grep 'Clair de lune'; do
  tries=$((tries + 1))
  if [ "$tries" = 60 ]; then exit 1; fi
  sleep 1
done
ask DELETE "/$alice"
ask DELETE "/$bob"
say "Earshot is at http://127.0.0.1:8080, its operator key in /etc/earshot/operator-key. The two who tried it are gone again."
