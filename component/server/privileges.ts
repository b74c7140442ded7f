// XEP-0356: Privileged Entity, version 0.4 (https://xmpp.org/extensions/xep-0356.html)
import { descendants, type Element } from '../stream/xml.ts';

export const PRIVILEGE = 'urn:xmpp:privilege:2';
const PUBSUB = 'http://jabber.org/protocol/pubsub';
const PUBSUB_OWNER = `${PUBSUB}#owner`;

/** The rights that a server granted, as `roster` → `both`, `iq <namespace>` → `set`. */
export type Rights = ReadonlyMap<string, string>;

const IQ_LINE = `iq = { ["${PUBSUB}"] = "both"; ["${PUBSUB_OWNER}"] = "both"; };`;

/** What Earshot cannot work without: the right, the type it must have, and the line of Prosody's configuration. */
const NEEDED = [
  { right: 'roster', type: 'both', line: 'roster = "both";' },
  { right: 'presence', type: 'roster', line: 'presence = "roster";' },
  { right: `iq ${PUBSUB}`, type: 'both', line: IQ_LINE },
  { right: `iq ${PUBSUB_OWNER}`, type: 'both', line: IQ_LINE },
];

/** The rights in a server's advertisement; undefined when the message is none, or comes from another host. */
export function readRights(message: Element, homeHost: string): Rights | undefined {
  if (message.name !== 'message' || message.attrs.from !== homeHost) return undefined;
  const privilege = message.getChild('privilege', PRIVILEGE);
  if (!privilege) return undefined;
  const rights = new Map<string, string>();
  for (const perm of descendants(privilege, 'perm', PRIVILEGE))
    rights.set(perm.attrs.access ?? '', perm.attrs.type ?? '');
  // Prosody 0.12 nests these inside each other instead of listing them.
  for (const namespace of descendants(privilege, 'namespace', PRIVILEGE))
    rights.set(`iq ${namespace.attrs.ns}`, namespace.attrs.type ?? '');
  return rights;
}

/** The rights that are missing, by name. */
export function missingRights(rights: Rights): string[] {
  return NEEDED.filter(({ right, type }) => rights.get(right) !== type).map(({ right, type }) => `${right} (${type})`);
}

/** What the operator has to write into Prosody's configuration to grant what is missing. */
export function privilegeAdvice(rights: Rights, homeHost: string, domain: string): string {
  const missing = NEEDED.filter(({ right, type }) => rights.get(right) !== type);
  const lines = [...new Set(missing.map(({ line }) => `      ${line}`))];
  return [
    `Add to prosody.cfg.lua, with "privilege" in modules_enabled of both hosts, and reload:`,
    `  VirtualHost "${homeHost}"`,
    `    privileged_entities = { ["${domain}"] = {`,
    ...lines,
    '    }; }',
  ].join('\n');
}
