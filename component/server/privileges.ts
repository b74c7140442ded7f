// XEP-0356: Privileged Entity, version 0.4 (https://xmpp.org/extensions/xep-0356.html)
import { descendants, type Element } from '../stream/xml.ts';
import { PUBSUB, PUBSUB_OWNER } from './node-owner.ts';
import { PRIVILEGE } from './privileged-iq.ts';
import type { Lack } from './server.ts';

/** The rights that a server granted, as `roster` → `both`, `iq <namespace>` → `set`. */
export type Rights = ReadonlyMap<string, string>;

export const NO_RIGHTS: Rights = new Map();

/** What Earshot cannot do its whole work without: the right, the type it must have, and what it is for. */
const NEEDED = [
  { right: 'roster', type: 'both', ability: 'rosters' },
  { right: 'presence', type: 'roster', ability: 'presences' },
  { right: `iq ${PUBSUB}`, type: 'both', ability: 'nodes' },
  { right: `iq ${PUBSUB_OWNER}`, type: 'both', ability: 'nodes' },
] as const;

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

/** The needed rights that are missing. */
export function missingRights(rights: Rights, homeHost: string): Lack[] {
  return NEEDED.filter(({ right, type }) => rights.get(right) !== type).map(({ right, type, ability }) => ({
    ability,
    what: `the right ${right} (${type}) on ${homeHost} (XEP-0356)`,
  }));
}
