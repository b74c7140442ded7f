import { randomBytes, randomUUID } from 'node:crypto';
import type { Static } from 'typebox';
import { Fault } from '../../domain/fault.ts';
import { readMoment } from '../../domain/moment.ts';
import { type EventKind, kindOf, scopeOf, typeOf } from '../../domain/subscription/event-types.ts';
import { readOutsideUrl, type UrlFault } from '../../runtime/outside-url.ts';
import { seal } from '../../runtime/secret/sealing.ts';
import type { Progress } from '../../store/subscription/sink-progress.ts';
import { type Subscription, sealPurpose } from '../../store/subscription/subscription-record.ts';
import type { Carrier } from '../access/caller.ts';
import type { NewSubscription, SubscriptionView } from '../schemas/subscriptions.ts';

type Body = Static<typeof NewSubscription>;
type View = Static<typeof SubscriptionView>;

/** Bytes of a secret; Standard Webhooks asks for 24 to 64. */
const SECRET_BYTES = 32;

/** What is wrong with the URL of a sink, and what to do. */
const URL_FAULTS: Record<UrlFault, string> = {
  'no-url': 'sink must be an https URL.',
  credentials: 'sink must not hold credentials; send sinkCredential.',
  internal: 'sink names an internal address; the operator can allow it (EARSHOT_SINK_ALLOW).',
  plain: 'sink must be https: what subscribers play goes over this connection.',
};

/** A new secret, as it is shown once, and sealed as it is kept. */
export function newSecret(secretsKey: Buffer, id: string): { secret: string; sealed: string } {
  const secret = randomBytes(SECRET_BYTES).toString('base64');
  return { secret: `whsec_${secret}`, sealed: seal(secretsKey, sealPurpose(id, 'secret'), secret) };
}

/** The subscription that a carrier asks for. `now`: milliseconds since the epoch. @throws Fault INVALID_ARGUMENT, PERMISSION_DENIED */
export function toSubscription(
  { sink, types, config = {}, sinkCredential }: Body,
  carrier: Carrier,
  { secretsKey, sinkAllow }: { secretsKey: Buffer; sinkAllow: readonly string[] },
  now: number,
): { subscription: Subscription; secret: string } {
  const id = randomUUID();
  const url = readOutsideUrl(sink, sinkAllow);
  if (typeof url === 'string') throw new Fault('INVALID_ARGUMENT', URL_FAULTS[url]);
  const kinds = types.flatMap((type) => kindOf(type) ?? []);
  requireScopes(carrier, kinds);
  const { secret, sealed } = newSecret(secretsKey, id);
  const { subscriptionExpireTime: end, subscriptionMaxEvents: maxEvents } = config;
  const subscription: Subscription = {
    ...{ id, owner: carrier.id, sink: url.href, kinds, secrets: [{ sealed }], createdAt: now },
    ...{ status: 'ACTIVATION_REQUESTED', initial: config.initialEvent ?? false },
    ...(maxEvents === undefined ? {} : { maxEvents }),
    ...(end === undefined ? {} : { expiresAt: toFuture('config.subscriptionExpireTime', end, now) }),
    ...(sinkCredential && {
      token: {
        sealed: seal(secretsKey, sealPurpose(id, 'token'), sinkCredential.accessToken),
        expiresAt: toFuture('sinkCredential.accessTokenExpiresUtc', sinkCredential.accessTokenExpiresUtc, now),
      },
    }),
  };
  return { subscription, secret };
}

/** Nobody is told what it may not read. @throws Fault PERMISSION_DENIED */
function requireScopes({ scopes }: Carrier, kinds: readonly EventKind[]): void {
  const missing = kinds.map(scopeOf).find((scope) => !scopes.includes(scope));
  if (missing !== undefined)
    throw new Fault(
      'PERMISSION_DENIED',
      `To be told of these types the credential needs the scope ${missing}, too; ask the operator for it.`,
    );
}

function toFuture(field: string, text: string, now: number): number {
  const time = readMoment(text);
  if (time === undefined || time <= now)
    throw new Fault('INVALID_ARGUMENT', `${field} must be a time to come, in RFC 3339.`);
  return time;
}

/** As its owner sees it; never its secrets. */
export function toView(
  subscription: Subscription,
  { events, failures, failingSince, next }: Progress,
  waiting: number,
): View {
  const { id, sink, kinds, status, createdAt, expiresAt, maxEvents, initial, ended } = subscription;
  const failing = failures > 0 && ended === undefined;
  return {
    ...{ id, protocol: 'HTTP' as const, sink, types: kinds.map(typeOf), status, events, waiting },
    config: {
      ...(expiresAt === undefined ? {} : { subscriptionExpireTime: toTime(expiresAt) }),
      ...(maxEvents === undefined ? {} : { subscriptionMaxEvents: maxEvents }),
      initialEvent: initial,
    },
    ...(ended && { terminationReason: ended.reason }),
    startsAt: toTime(createdAt),
    ...(expiresAt === undefined ? {} : { expiresAt: toTime(expiresAt) }),
    failures: failing ? failures : 0,
    ...(failing && failingSince !== undefined ? { failingSince: toTime(failingSince) } : {}),
    ...(failing && next > 0 ? { nextTryAt: toTime(next) } : {}),
  };
}

function toTime(time: number): string {
  return new Date(time).toISOString();
}
