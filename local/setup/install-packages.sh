#!/bin/sh
# Installs Debian packages (the arguments) so that no service of theirs starts, neither now nor after a reboot. Runs as root.
set -eu
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1

policy=/usr/sbin/policy-rc.d
kept=/usr/sbin/policy-rc.d.kept-by-earshot
mark='# made by the setup of Earshot, for the time of one apt-get'
services='prosody ejabberd erlang-base redis-server radicale mpd mpdscribble kamailio mariadb-server prometheus nginx caddy podman'
new_services=

is_installed() {
  dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q '^install ok installed$'
}

# While this file says 101, no package may start its service (invoke-rc.d and deb-systemd-invoke ask it).
forbid_services() {
  if [ -e "$policy" ] && ! grep -qF "$mark" "$policy"; then mv -f "$policy" "$kept"; fi
  printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
  chmod 755 "$policy"
}

allow_services() {
  rm -f "$policy"
  if [ -e "$kept" ]; then mv -f "$kept" "$policy"; fi
}

# Works where systemd is not running, and where it is not even there. The argument is a package.
disable() {
  case $1 in
    mariadb-server) units=mariadb.service ;;
    podman) units='podman.socket podman.service podman-restart.service podman-auto-update.timer podman-auto-update.service' ;;
    erlang-base) units='epmd.socket epmd.service' ;;
    *) units=$1.service ;;
  esac
  for unit in $units; do
    if command -v systemctl >/dev/null; then systemctl disable "$unit" && continue; fi
    deb-systemd-helper disable "$unit" || true
    update-rc.d "${unit%.service}" disable || true
  done
}

finish() {
  status=$?
  trap '' INT TERM HUP
  for package in $new_services; do
    if is_installed "$package"; then disable "$package"; fi
  done
  allow_services
  exit "$status"
}

for service in $services; do
  is_installed "$service" || new_services="$new_services $service"
done
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
forbid_services
# A source that cannot be reached matters only if a package is missing for it.
apt-get update || echo 'apt-get update failed; trying with what is known.'
apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 \
  -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
