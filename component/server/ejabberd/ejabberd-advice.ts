import { PUBSUB, PUBSUB_OWNER } from '../node-owner.ts';
import type { Ability } from '../server.ts';

/** The commands of the HTTP API that Earshot calls. */
const COMMANDS = [
  'add_rosteritem',
  'delete_rosteritem',
  'check_account',
  'register',
  'unregister',
  'change_password',
  'kick_user',
  'connected_users_vhost',
  'user_sessions_info',
  'stats',
];
/** What is done by the HTTP API. */
const BY_API: readonly Ability[] = ['rosters', 'presences', 'accounts'];
const RIGHTS: Partial<Record<Ability, readonly string[]>> = {
  rosters: ['roster: { both: earshot }'],
  presences: ['presence: { managed_entity: earshot }'],
};
const NAMESPACES: Partial<Record<Ability, readonly string[]>> = {
  nodes: [`"${PUBSUB}": { both: earshot }`, `"${PUBSUB_OWNER}": { both: earshot }`],
  vcards: ['"vcard-temp": { get: earshot }'],
};

/** What the operator has to write into ejabberd's configuration, and Earshot's, to grant these. */
export function ejabberdAdvice(lacking: readonly Ability[], domain: string, hasApi: boolean): string {
  const namespaces = lacking.flatMap((ability) => NAMESPACES[ability] ?? []);
  const rights = [
    ...lacking.flatMap((ability) => RIGHTS[ability] ?? []),
    ...(namespaces.length > 0 ? ['iq:', ...namespaces.map((line) => `  ${line}`)] : []),
  ];
  return [
    ...(rights.length > 0 ? [grant(rights, domain)] : []),
    ...(lacking.includes('meetings')
      ? [`Add check_from: false to the ejabberd_service listener of ${domain} in ejabberd.yml.`]
      : []),
    ...(lacking.some((ability) => BY_API.includes(ability)) ? [openApi(hasApi)] : []),
  ].join('\n');
}

/** What the operator has to do where no API is. `url`: of the settings; it holds no secret. `reason`: a few words. */
export function awayAdvice(url: string, reason: string): string {
  return `No HTTP API of ejabberd answers at ${url}, the EARSHOT_EJABBERD_API (${reason}). Let ejabberd listen there, with module: ejabberd_http and request_handlers: { /api: mod_http_api } in ejabberd.yml (docs/operating.md), or give the component the address at which it does.`;
}

/** Where the API fails. */
export function brokenAdvice(url: string, command: string, status: number): string {
  return `The HTTP API at ${url}, the EARSHOT_EJABBERD_API, answers ${command} with ${status}: the log of ejabberd says why.`;
}

/** Where the API knows nobody of that name and password. */
export function credentialAdvice(url: string): string {
  return `The HTTP API of ejabberd at ${url} does not know EARSHOT_EJABBERD_API_USER, or with another password than EARSHOT_EJABBERD_API_PASSWORD: give the component an account that is there, with its password; or neither, where api_permissions of ejabberd.yml knows it by its address.`;
}

function grant(rights: readonly string[], domain: string): string {
  return [
    'Add to ejabberd.yml, and restart it:',
    `  acl: { earshot: { server: ${domain} } }`,
    '  access_rules: { earshot: { allow: earshot } }',
    '  modules:',
    '    mod_privilege:',
    ...rights.map((line) => `      ${line}`),
  ].join('\n');
}

function openApi(hasApi: boolean): string {
  const what = `what: [${COMMANDS.join(', ')}]`;
  return hasApi
    ? `Let the account of EARSHOT_EJABBERD_API_USER call these: api_permissions of ejabberd.yml, with ${what}.`
    : `Set EARSHOT_EJABBERD_API=http://127.0.0.1:5280/api for the component, where mod_http_api listens (docs/operating.md), and allow it in api_permissions of ejabberd.yml ${what}.`;
}
