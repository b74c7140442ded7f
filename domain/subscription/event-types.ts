import type { Scope } from '../access/scope.ts';

const PREFIX = 'org.earshot.v1.';

/** What a subscription can ask for, by its last word, with what the credential must be allowed to read for it. */
const KINDS = {
  'subscriber-added': 'subscribers:read',
  'subscriber-removed': 'subscribers:read',
  'numbers-changed': 'subscribers:read',
  'consent-changed': 'privacy:read',
  'friend-added': 'friends:read',
  'friend-removed': 'friends:read',
  'now-playing-changed': 'now-playing:read',
} as const satisfies Record<string, Scope>;

/** A kind of event about a subscriber. */
export type EventKind = keyof typeof KINDS;

/** A kind of event about the subscription itself, of which every sink is told. */
export type OwnKind = 'subscription-resumed' | 'subscription-restored' | 'subscription-ended';

export const EVENT_KINDS = Object.keys(KINDS) as EventKind[];

/** The attribute `type` of CloudEvents 1.0: reverse DNS, with the version of `data`, as CAMARA names its own. */
export function typeOf(kind: EventKind | OwnKind): string {
  return `${PREFIX}${kind}`;
}

/** The types that can be asked for. */
export const EVENT_TYPES = EVENT_KINDS.map(typeOf);

/** Undefined for a type that cannot be asked for. */
export function kindOf(type: string): EventKind | undefined {
  return EVENT_KINDS.find((kind) => typeOf(kind) === type);
}

/** The scope that a credential needs beside the one for subscriptions. */
export function scopeOf(kind: EventKind): Scope {
  return KINDS[kind];
}

/** Whether it matters who the friends are. */
export function asksForFriends(kinds: readonly EventKind[]): boolean {
  return kinds.includes('friend-added') || kinds.includes('friend-removed');
}

/** What is the subscriber's once for all its numbers: told only to who reaches all of them (decision 105). */
export function takesTheWhole(kind: EventKind): boolean {
  return KINDS[kind] !== 'subscribers:read';
}
