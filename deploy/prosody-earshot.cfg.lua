-- Earshot beside Prosody 0.12 or newer: merge this into prosody.cfg.lua. mod_privilege is in Debian's prosody-modules.
component_ports = { 5347 }
component_interfaces = { "127.0.0.1" }
-- without it each answer to the component can wait 40 ms
network_settings = { nagle = false }
-- what a tune costs Prosody: docs/operating.md
gc = { mode = "incremental", threshold = 200, speed = 500 }
-- at least the users who play something in an hour, and all users
pep_service_cache_size = 10000
pep_info_cache_size = 100000

VirtualHost "op.example"
  -- beside the modules that you have: pep, roster and presence are needed, adhoc and admin_adhoc make accounts
  modules_enabled = { "pep"; "privilege"; "adhoc"; "admin_adhoc" }
  admins = { "tune.op.example" }
  privileged_entities = {
    ["tune.op.example"] = {
      roster = "both";
      presence = "roster";
      iq = {
        ["http://jabber.org/protocol/pubsub"] = "both";
        -- who may see a tune, and to hear what a user's own client plays
        ["http://jabber.org/protocol/pubsub#owner"] = "both";
        -- friends' pictures, where they are in vCards only
        ["vcard-temp"] = "get";
      };
    };
  }

Component "tune.op.example"
  component_secret = "change me"
  modules_enabled = { "privilege" }
  -- a component that stands by can take over from one that hangs
  component_conflict_resolve = "kick_old"
  -- lets the component make two new friends see each other at once
  validate_from_addresses = false
