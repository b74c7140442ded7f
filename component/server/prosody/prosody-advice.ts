import { PUBSUB, PUBSUB_OWNER } from '../node-owner.ts';
import type { Ability } from '../server.ts';

const RIGHTS: Partial<Record<Ability, string>> = { rosters: 'roster = "both";', presences: 'presence = "roster";' };
const NAMESPACES: Partial<Record<Ability, readonly string[]>> = {
  nodes: [`["${PUBSUB}"] = "both";`, `["${PUBSUB_OWNER}"] = "both";`],
  vcards: ['["vcard-temp"] = "get";'],
};

/** What the operator has to write into Prosody's configuration to grant these. */
export function prosodyAdvice(lacking: readonly Ability[], homeHost: string, domain: string): string {
  const namespaces = lacking.flatMap((ability) => NAMESPACES[ability] ?? []);
  const rights = [
    ...lacking.flatMap((ability) => RIGHTS[ability] ?? []),
    ...(namespaces.length > 0 ? [`iq = { ${namespaces.join(' ')} };`] : []),
  ];
  return [
    ...(rights.length > 0 ? [grant(rights, homeHost, domain)] : []),
    ...(lacking.includes('meetings')
      ? [`add validate_from_addresses = false to Component "${domain}" in prosody.cfg.lua.`]
      : []),
    ...(lacking.includes('accounts')
      ? [`is the component in admins of ${homeHost}, with adhoc and admin_adhoc loaded?`]
      : []),
  ].join('\n');
}

function grant(rights: readonly string[], homeHost: string, domain: string): string {
  return [
    `Add to prosody.cfg.lua, with "privilege" in modules_enabled of both hosts, and restart Prosody (a reload does not do it):`,
    `  VirtualHost "${homeHost}"`,
    `    privileged_entities = { ["${domain}"] = {`,
    ...rights.map((line) => `      ${line}`),
    '    }; }',
  ].join('\n');
}
