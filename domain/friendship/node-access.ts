// Access to the PEP node with the tune: XEP-0060: Publish-Subscribe, sections 4.5 (access models) and 4.1 (affiliations)
import { type Audience, inAudience } from './privacy.ts';

/**
 * How a node stands open: field `model` (`presence` or `whitelist`), and a JID for each `member`; an `outcast` is one that a
 * version before decision 267 has told, and that is taken away when the node is next looked at.
 * What the server was told is kept in the same shape, with `unknown` where its answer was never seen.
 */
export type NodeAccess = ReadonlyMap<string, string>;

/** A field of it with its new value; `none` takes an affiliation away. */
export type NodeChange = readonly [field: string, value: string];

/** The field of a `NodeAccess` that names the access model. */
export const MODEL = 'model';
/** The value of a field that the server was told, and whose answer was never seen. */
export const UNKNOWN = 'unknown';
const NONE = 'none';
const PRESENCE = 'presence';
const WHITELIST = 'whitelist';

/** How a node is before anybody has said anything (XEP-0163, section 3). */
export const USUAL: NodeAccess = new Map([[MODEL, PRESENCE]]);

/**
 * How the node shall be for that audience: closed while nothing is shared, as the user's own client may publish at any
 * moment. `blocks`: whether the user blocks anybody, who may be among the contacts that the user has made. Then the node is
 * open to named friends alone: whom it named as shut out would be known to the user, who may have no more than a number of
 * them (decision 267).
 */
export function accessOf(
  audience: Audience,
  friends: readonly { jid: string; groups: readonly string[] }[],
  blocks: boolean,
): NodeAccess {
  const open = audience === 'friends' && !blocks;
  const access = new Map([[MODEL, open ? PRESENCE : WHITELIST]]);
  if (!open) for (const { jid, groups } of friends) if (inAudience(audience, groups)) access.set(jid, 'member');
  return access;
}

/** What has to be told: each field that differs. */
export function accessChanges(known: NodeAccess, wanted: NodeAccess): NodeChange[] {
  const fields = new Set([MODEL, ...known.keys(), ...wanted.keys()]);
  return [...fields].flatMap((field) => {
    const [before, after] = [fieldOf(known, field), fieldOf(wanted, field)];
    return before === after ? [] : [[field, after] as const];
  });
}

/** Whether somebody who could see the node, or may have been able to, no longer shall. */
export function narrows(known: NodeAccess, wanted: NodeAccess): boolean {
  const whitelist = fieldOf(wanted, MODEL) === WHITELIST;
  return accessChanges(known, wanted).some(([field, value]) => {
    if (field === MODEL) return whitelist;
    return value === 'outcast' || (whitelist && value === NONE);
  });
}

function fieldOf(access: NodeAccess, field: string): string {
  return access.get(field) ?? (field === MODEL ? PRESENCE : NONE);
}
