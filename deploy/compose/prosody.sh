#!/bin/sh
# Starts Prosody for XMPP_HOST by prosody-earshot.cfg.lua, which it puts behind what a server needs besides. Its certificate is
# HOST.crt and HOST.key in certs/ of its volume; until there is one, it signs one itself, which other servers do not take.
set -eu
umask 077
certs=/var/lib/prosody/certs
if [ ! -e "$certs/$XMPP_HOST.crt" ]; then
  mkdir -p "$certs"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=$XMPP_HOST" \
    -addext "subjectAltName=DNS:$XMPP_HOST" -keyout "$certs/$XMPP_HOST.key" -out "$certs/$XMPP_HOST.part" 2>/dev/null
  mv "$certs/$XMPP_HOST.part" "$certs/$XMPP_HOST.crt"
fi
{
  cat <<END
data_path = "/var/lib/prosody"
pidfile = "/run/prosody/prosody.pid"
certificates = "$certs"
log = { info = "*console" }
authentication = "internal_hashed"
storage = "internal"
c2s_require_encryption = true
s2s_require_encryption = true
http_ports = {}
https_ports = {}
modules_enabled = {
  "disco"; "roster"; "saslauth"; "tls"; "dialback"; "pep"; "ping"; "carbons"; "blocklist"; "vcard4"; "vcard_legacy";
  "csi_simple"; "smacks"; "limits";
}
END
  sed -e "s/op\.example/$XMPP_HOST/g; s/change me/$COMPONENT_SECRET/" \
    -e 's/^component_interfaces = .*/component_interfaces = { "*" }/' \
    -e "s|^VirtualHost .*|&\n  ssl = { certificate = \"$certs/$XMPP_HOST.crt\"; key = \"$certs/$XMPP_HOST.key\" }|" \
    "$(dirname "$0")/prosody-earshot.cfg.lua"
} >/run/prosody/prosody.cfg.lua
unset COMPONENT_SECRET
exec prosody --config /run/prosody/prosody.cfg.lua -F
