import type { EventKind } from '../../domain/subscription/event-types.ts';

/** In CAMARA's words: `INACTIVE`: paused, as the sink has failed for a day; `EXPIRED`, `DELETED`: over, and soon forgotten. */
export type SubscriptionStatus = 'ACTIVATION_REQUESTED' | 'ACTIVE' | 'INACTIVE' | 'EXPIRED' | 'DELETED';

/** Why one is over, in CAMARA's words. `NETWORK_TERMINATED`: the sink has said 410, or failed for a month, or its credential is gone. */
export const END_REASONS = [
  'SUBSCRIPTION_EXPIRED',
  'MAX_EVENTS_REACHED',
  'ACCESS_TOKEN_EXPIRED',
  'SUBSCRIPTION_DELETED',
  'NETWORK_TERMINATED',
] as const;
export type EndReason = (typeof END_REASONS)[number];

/**
 * What a carrier has asked to be told of, and where. `owner`: the credential's id, or `operator`. `sink`: a URL; empty for an event stream, which is
 * told to whoever is connected for its owner. `secrets`, `token`: sealed (see
 * `sealPurpose`); the first secret is the present one, `until`: when one that was replaced signs no more. Times: milliseconds
 * since the epoch.
 */
export type Subscription = {
  id: string;
  owner: string;
  sink: string;
  kinds: readonly EventKind[];
  secrets: readonly { sealed: string; until?: number }[];
  token?: { sealed: string; expiresAt: number };
  /** The present state of everybody is told first. */
  initial: boolean;
  maxEvents?: number;
  expiresAt?: number;
  createdAt: number;
  status: SubscriptionStatus;
  /** Something that has changed could not be passed on to it: it has to look at everybody. A stamp. */
  missed?: string;
  /** What its sink was told may be more than what is noted, as the data were put back: everything has to be told again. A stamp. */
  restored?: string;
  ended?: { reason: EndReason; at: number };
};

/** What a secret or a token of a subscription is sealed for. */
export function sealPurpose(id: string, what: 'secret' | 'token'): string {
  return `subscription ${id} ${what}`;
}

/** Whether it is an event stream: each owner has one at most. */
export function isStream({ sink }: Pick<Subscription, 'sink'>): boolean {
  return sink === '';
}

/** As what its gateway hears that there is something to tell: the name of a channel, for `store/base/events`. */
export function streamName(owner: string): string {
  return `stream-${owner}`;
}

/** Whether it is over: nothing more is told but that. */
export function isOver({ status }: Pick<Subscription, 'status'>): boolean {
  return status === 'EXPIRED' || status === 'DELETED';
}

/** Milliseconds for which it can be read why a subscription ended, and its sink is tried to be told so. */
export const KEPT = 86_400_000;

/** The most that one credential may have, beside those that are `over` and not yet forgotten, and all together. */
export const MOST_SUBSCRIPTIONS = { each: 20, over: 20, all: 1_000 };
