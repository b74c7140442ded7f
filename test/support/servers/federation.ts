import { fileURLToPath } from 'node:url';
import type { ServerName, ServerSettings } from '../../../local/xmpp-servers.ts';
import { startNameServer } from './name-server.ts';

/** Where each host's server hears the others, a port on this machine; and the name server that says so. */
export type Federation = { ports: Readonly<Record<string, number>>; nameServer: { place: string } };

/** A name server with the places of these, for ejabberd. */
export function startNamesOf(ports: Federation['ports']) {
  const services = Object.entries(ports).map(([host, port]) => [`_xmpp-server._tcp.${host}`, port]);
  return startNameServer(() => [], Object.fromEntries(services));
}

/** Settings with which the server of that host, of either kind, federates (RFC 6120, with dialback, XEP-0220), without certificates. */
export function federated({ ports, nameServer }: Federation, host: string): Required<ServerSettings> {
  const routes = Object.entries(ports).map(([name, port]) => `["${name}"] = ${port}`);
  return {
    prosody: {
      extraModules: ['dialback', 'earshot_routes'],
      extraSettings: [
        'modules_disabled = { "s2s_auth_certs" }',
        `s2s_ports = { ${ports[host]} }`,
        's2s_require_encryption = false',
        `plugin_paths = { "${fileURLToPath(new URL('prosody-modules', import.meta.url))}" }`,
        `earshot_routes = { ${routes.join('; ')} }`,
      ],
    },
    ejabberd: {
      modules: { mod_s2s_dialback: {} },
      listeners: [{ port: ports[host], ip: '127.0.0.1', module: 'ejabberd_s2s_in' }],
      // Else nothing is sent for up to five minutes to a server that could not be reached once.
      settings: { s2s_use_starttls: false, s2s_max_retry_delay: 1 },
      names: ['{resolv_conf, ""}.', `{nameserver, {127,0,0,1}, ${nameServer.place.split(':')[1]}}.`],
    },
  } satisfies Record<ServerName, object>;
}
