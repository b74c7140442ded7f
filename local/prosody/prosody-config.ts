import type { Certificate } from '../own-certificate.ts';

/** Rights of XEP-0356 that a component can be given, none of them with `{}`; a test leaves one out to see what the component says. */
export interface Privileges {
  roster?: 'none' | 'get' | 'set' | 'both';
  message?: 'none' | 'outgoing';
  presence?: 'none' | 'managed_entity' | 'roster';
  /** Namespace to right. */
  iq?: Record<string, 'get' | 'set' | 'both'>;
}

/** What the private Prosody is told at its start. */
export interface ProsodyConfig {
  folder: string;
  domain: string;
  c2sPort: number;
  componentPort: number;
  componentDomain: string;
  componentSecret: string;
  /** With which clients may encrypt; they need not. */
  certificate?: Certificate | undefined;
  privileges: Privileges;
  /** Whether the component may send only in its own name; then it cannot send presence probes for users. */
  validateFromAddresses: boolean;
  /** Whether the component may create accounts (XEP-0133). */
  componentIsAdmin: boolean;
  /** Modules to load on the host beside the usual ones. */
  extraModules: string[];
  /** Usual ones to leave out. */
  withoutModules: string[];
  /** Lines of Lua after the usual ones for all hosts, which they overrule. */
  extraSettings: string[];
}

/** All that Earshot needs. */
export const ALL_PRIVILEGES: Privileges = {
  roster: 'both',
  message: 'outgoing',
  presence: 'roster',
  iq: {
    'http://jabber.org/protocol/pubsub': 'both',
    'http://jabber.org/protocol/pubsub#owner': 'both',
    'vcard-temp': 'get',
  },
};

const HOST_MODULES = [
  'roster',
  'saslauth',
  'disco',
  'pep',
  'ping',
  'carbons',
  'blocklist',
  'vcard4',
  'vcard_legacy',
  'adhoc',
  'admin_adhoc',
  'privilege',
];

/** The text of `prosody.cfg.lua`: one host, one component, internal storage, nothing but the loopback interface. */
export function prosodyConfig(config: ProsodyConfig): string {
  return [...globalLines(config), '', ...hostLines(config), '', ...componentLines(config), ''].join('\n');
}

function globalLines(config: ProsodyConfig): string[] {
  return [
    `data_path = ${lua(`${config.folder}/data`)}`,
    `pidfile = ${lua(`${config.folder}/prosody.pid`)}`,
    `log = { warn = ${lua(`${config.folder}/prosody.log`)} }`,
    '-- A private server that root starts for itself, in a folder of its own.',
    'run_as_root = true',
    'interfaces = { "127.0.0.1" }',
    `c2s_ports = { ${config.c2sPort} }`,
    'component_interfaces = { "127.0.0.1" }',
    `component_ports = { ${config.componentPort} }`,
    'http_ports = {}',
    'https_ports = {}',
    '-- Federation is no business of a private server.',
    'modules_disabled = { "s2s", "s2s_auth_certs" }',
    '-- What never leaves the loopback interface needs no encryption.',
    'c2s_require_encryption = false',
    'allow_unencrypted_plain_auth = true',
    'authentication = "internal_hashed"',
    'storage = "internal"',
    '-- A Quicksy client sends the ten thousand numbers of a large phone-book in one stanza.',
    'c2s_stanza_size_limit = 512 * 1024',
    // Without it an answer waits up to 40 ms for the client's TCP acknowledgement of the one before.
    'network_settings = { nagle = false }',
    // Prosody's own collects garbage each time memory has grown by 5 %, which takes half of all its processor time.
    'gc = { mode = "incremental", threshold = 200, speed = 500 }',
    // Beyond the first a publish reads its user's node from the disk; beyond the second friends who are online are forgotten.
    'pep_service_cache_size = 10000',
    'pep_info_cache_size = 100000',
    // A component that hangs holds its connection: the one that takes over ends it (decision 247).
    'component_conflict_resolve = "kick_old"',
    `modules_enabled = ${luaList(hostModules(config))}`,
    ...config.extraSettings,
  ];
}

function hostModules({ certificate, extraModules, withoutModules }: ProsodyConfig): string[] {
  const usual = [...HOST_MODULES, ...(certificate ? ['tls'] : [])];
  return [...usual.filter((one) => !withoutModules.includes(one)), ...extraModules];
}

function hostLines(config: ProsodyConfig): string[] {
  const admins = config.componentIsAdmin ? [config.componentDomain] : [];
  return [
    `VirtualHost ${lua(config.domain)}`,
    '  -- The component creates accounts through XEP-0133.',
    `  admins = ${luaList(admins)}`,
    ...certificateLines(config),
    ...(Object.keys(config.privileges).length === 0 ? [] : entityLines(config)),
  ];
}

function certificateLines({ certificate }: ProsodyConfig): string[] {
  if (certificate === undefined) return [];
  return [`  ssl = { certificate = ${lua(certificate.cert)}, key = ${lua(certificate.key)} }`];
}

function entityLines(config: ProsodyConfig): string[] {
  return [
    '  privileged_entities = {',
    `    [${lua(config.componentDomain)}] = {`,
    ...privilegeLines(config.privileges).map((line) => `      ${line}`),
    '    };',
    '  }',
  ];
}

function privilegeLines({ roster, message, presence, iq = {} }: Privileges): string[] {
  const plain = Object.entries({ roster, message, presence }).filter(([, right]) => right !== undefined);
  const namespaces = Object.entries(iq).map(([namespace, right]) => `  [${lua(namespace)}] = ${lua(right)};`);
  return [
    ...plain.map(([access, right]) => `${access} = ${lua(String(right))};`),
    ...(namespaces.length === 0 ? [] : ['iq = {', ...namespaces, '};']),
  ];
}

function componentLines(config: ProsodyConfig): string[] {
  return [
    `Component ${lua(config.componentDomain)}`,
    `  component_secret = ${lua(config.componentSecret)}`,
    '  modules_enabled = { "privilege" }',
    '  -- false lets the component send the presence probes that introduce two new friends to each other.',
    `  validate_from_addresses = ${config.validateFromAddresses}`,
  ];
}

function luaList(items: string[]): string {
  return items.length === 0 ? '{}' : `{ ${items.map(lua).join(', ')} }`;
}

/** A Lua string literal; decimal escapes for everything that could end it. */
function lua(text: string): string {
  const escaped = text.replace(/["\\\p{Cc}]/gu, (character) => `\\${String(character.charCodeAt(0)).padStart(3, '0')}`);
  return `"${escaped}"`;
}
