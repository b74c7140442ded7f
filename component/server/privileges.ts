// XEP-0356: Privileged Entity, version 0.4 (https://xmpp.org/extensions/xep-0356.html)
import { descendants, type Element } from '../stream/xml.ts';
import { PUBSUB, PUBSUB_OWNER } from './node-owner.ts';
import { PRIVILEGE } from './privileged-iq.ts';
import type { Ability, Lack } from './server.ts';

/** The rights that a server granted, as `roster` → `both`, `iq <namespace>` → `set`; `version` → `1` or `2`, how it announces them. */
export type Rights = ReadonlyMap<string, string>;

/** Of a server that has granted nothing, or not said anything yet. */
export const NO_RIGHTS: Rights = new Map();

/** What there was before version 0.4, as ejabberd 23 speaks it: it grants no IQs. */
const PRIVILEGE_1 = 'urn:xmpp:privilege:1';

/** A right that Earshot cannot do its whole work without: the types that will do, and what it is for. */
export type Need = { right: string; types: readonly [string, ...string[]]; ability: Ability };

/** To publish in users' names, and to say who may see it. */
export const NODE_NEEDS: readonly Need[] = [PUBSUB, PUBSUB_OWNER].map((namespace) => ({
  right: `iq ${namespace}`,
  types: ['both'],
  ability: 'nodes',
}));

/** The rights in a server's advertisement; undefined when the message is none, or comes from another host. */
export function readRights(message: Element, homeHost: string): Rights | undefined {
  const privilege = advertisement(message);
  const spoken = privilege?.getNS();
  if (announcerOf(message) !== homeHost || !privilege || spoken === undefined) return undefined;
  const rights = new Map([['version', spoken.slice(-1)]]);
  for (const perm of descendants(privilege, 'perm', spoken)) rights.set(perm.attrs.access ?? '', perm.attrs.type ?? '');
  // Prosody 0.12 nests these inside each other instead of listing them.
  for (const namespace of descendants(privilege, 'namespace', spoken))
    rights.set(`iq ${namespace.attrs.ns}`, namespace.attrs.type ?? '');
  return rights;
}

/** The host that announces rights in this message; undefined when it announces none. */
export function announcerOf(message: Element): string | undefined {
  return advertisement(message) && message.attrs.from;
}

function advertisement(message: Element): Element | undefined {
  if (message.name !== 'message') return undefined;
  return message.getChild('privilege', PRIVILEGE) ?? message.getChild('privilege', PRIVILEGE_1);
}

/** Those of the needed rights that are missing. */
export function missingRights(rights: Rights, needs: readonly Need[], homeHost: string): Lack[] {
  const missing = needs.filter(({ right, types }) => !types.includes(rights.get(right) ?? ''));
  return missing.map(({ right, types: [type], ability }) => ({
    ability,
    what: `the right ${right} (${type}) on ${homeHost} (XEP-0356)`,
  }));
}
