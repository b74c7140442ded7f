import type { Certificate } from '../own-certificate.ts';

/** Rights of XEP-0356 that ejabberd's mod_privilege can give a component, none of them with `{}`. */
export interface EjabberdPrivileges {
  roster?: 'get' | 'set' | 'both';
  message?: 'outgoing';
  presence?: 'managed_entity' | 'roster';
  /** Namespace to right; ejabberd 23 knows none of these, and lets the component send in its users' names instead. */
  iq?: Record<string, 'get' | 'set' | 'both'>;
}

/** What the private ejabberd is told at its start. */
export interface EjabberdConfig {
  /** Such as `24.12`. */
  version: string;
  domain: string;
  c2sPort: number;
  componentPort: number;
  componentDomain: string;
  componentSecret: string;
  apiPort: number;
  /** The account that may call the HTTP API, and what of it. */
  apiUser: string;
  apiCommands: readonly string[];
  /** With which clients may encrypt; they need not. */
  certificate?: Certificate | undefined;
  privileges: EjabberdPrivileges;
  /** Whether the component may send only in its own name; then it cannot send presence probes for users. */
  checkFrom: boolean;
  /** Whether the component may create accounts (XEP-0133). */
  componentIsAdmin: boolean;
  /** Modules with their options, which overrule the usual ones; `undefined` leaves a usual one out. */
  modules: Record<string, object | undefined>;
  /** Further ports. */
  listeners: readonly object[];
  /** Settings of the whole server, which overrule the usual ones. */
  settings: Readonly<Record<string, unknown>>;
}

/** All that Earshot needs. */
export const ALL_EJABBERD_PRIVILEGES: EjabberdPrivileges = {
  roster: 'both',
  message: 'outgoing',
  presence: 'managed_entity',
  iq: {
    'http://jabber.org/protocol/pubsub': 'both',
    'http://jabber.org/protocol/pubsub#owner': 'both',
    'vcard-temp': 'get',
    'jabber:iq:last': 'get',
  },
};

/** What Earshot and {@link XmppServer.makeAccount} call of the HTTP API. */
export const API_COMMANDS = [
  'add_rosteritem',
  'change_password',
  'check_account',
  'connected_users_vhost',
  'delete_rosteritem',
  'kick_user',
  'register',
  'stats',
  'unregister',
  'user_sessions_info',
] as const;

const LOOPBACK = '127.0.0.1';
const IQ_PRIVILEGES_SINCE = 24;

/** The text of `ejabberd.yml`, which is JSON, as all JSON is YAML: one host, one component, nothing but the loopback interface. */
export function ejabberdConfig(config: EjabberdConfig): string {
  const text = {
    // Each request to the HTTP API at 127.0.0.1 is a warning, as that is no host of XMPP.
    loglevel: 'error',
    // The launcher does it.
    log_rotate_size: 'infinity',
    hosts: [config.domain],
    ...(config.certificate && { certfiles: [config.certificate.cert, config.certificate.key] }),
    // With scram each call of the HTTP API would cost thousands of hashes. The folder is its owner's alone.
    auth_password_format: 'plain',
    acl: {
      component: { server: [config.componentDomain] },
      api: { user: [config.apiUser] },
    },
    access_rules: {
      component: { allow: 'component' },
      // Whom mod_configure lets create accounts.
      configure: config.componentIsAdmin ? { allow: 'component' } : { deny: 'all' },
    },
    shaper_rules: { max_user_sessions: 10_000 },
    listen: [...listeners(config), ...config.listeners],
    api_permissions: {
      earshot: { from: ['mod_http_api'], who: { access: { allow: { acl: 'api' } } }, what: config.apiCommands },
    },
    modules: { ...usualModules(config), ...config.modules },
    ...config.settings,
  };
  return `${JSON.stringify(text, null, 2)}\n`;
}

function listeners(config: EjabberdConfig): object[] {
  return [
    // A Quicksy client sends the ten thousand numbers of a large phone-book in one stanza.
    {
      ...{ port: config.c2sPort, ip: LOOPBACK, module: 'ejabberd_c2s', max_stanza_size: 512 * 1024 },
      ...(config.certificate && { starttls: true }),
    },
    {
      port: config.componentPort,
      ip: LOOPBACK,
      module: 'ejabberd_service',
      // false lets the component send the presence probes that introduce two new friends to each other.
      check_from: config.checkFrom,
      hosts: { [config.componentDomain]: { password: config.componentSecret } },
    },
    { port: config.apiPort, ip: LOOPBACK, module: 'ejabberd_http', request_handlers: { '/api': 'mod_http_api' } },
  ];
}

function usualModules(config: EjabberdConfig): Record<string, object> {
  return {
    mod_adhoc: {},
    mod_admin_extra: {},
    mod_blocking: {},
    mod_caps: {},
    mod_carboncopy: {},
    mod_configure: {},
    mod_disco: {},
    mod_http_api: {},
    mod_last: {},
    mod_offline: {},
    mod_ping: {},
    mod_privacy: {},
    ...(Object.keys(config.privileges).length === 0 ? {} : { mod_privilege: privilegeOptions(config) }),
    // What plays must also be known of somebody who is away from the keyboard, and is asked for at every publish.
    mod_pubsub: { plugins: ['flat', 'pep'], ignore_pep_from_offline: false, last_item_cache: false },
    mod_roster: { versioning: true, store_current_id: true },
    mod_vcard: {},
    mod_vcard_xupdate: {},
  };
}

function privilegeOptions({ version, privileges }: EjabberdConfig): object {
  const granted = (right: string | undefined) => (right === undefined ? {} : { [right]: 'component' });
  const { roster, message, presence, iq = {} } = privileges;
  const namespaces = Object.entries(iq).map(([namespace, right]) => [namespace, granted(right)]);
  return {
    roster: granted(roster),
    message: granted(message),
    presence: granted(presence),
    ...(Number.parseInt(version, 10) < IQ_PRIVILEGES_SINCE ? {} : { iq: Object.fromEntries(namespaces) }),
  };
}
