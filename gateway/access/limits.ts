import type { FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '../../domain/fault.ts';
import type { Rate } from '../../store/call/rates.ts';
import type { Context } from '../context.ts';
import { networkOf } from './network.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** For a supervisor's probes: one that is told 429 would end a gateway that is well. */
    unlimited?: true;
    /** One of the ways in which subscribers take back what they allowed: a program of theirs that calls without end leaves it open. */
    withdraws?: true;
  }
}

/** Counts a call against the limits of who makes it. @throws Fault TOO_MANY_REQUESTS */
export type Limit = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** Counts a call that does many things as so many calls; the one that was counted when it came is one of them. @throws Fault TOO_MANY_REQUESTS */
export type CountAs = (request: FastifyRequest, reply: FastifyReply, calls: number) => Promise<void>;

/** `window`: seconds in which it may be used; a minute when left out. */
type Quota = { name: string; who: string; quota: number; window?: number };
type Counted = Required<Quota> & Rate;

const MINUTE = 60;
/** Header fields of draft-ietf-httpapi-ratelimit-headers-10. */
const FIELDS = ['ratelimit-policy', 'ratelimit'] as const;
const [POLICY, LEFT] = FIELDS;

/**
 * Limits for each credential and each address, counted for all gateways together. The operator's own key has none. A carrier
 * has its own; a subscriber has its own, for all its tokens, and that of the address; who is nobody, that of the address. What withdraws consent counts by itself.
 * While Redis does not answer nobody is limited: a call that needs it fails anyway (decision 43).
 */
export function createLimit(context: Context): Limit {
  const quotasOf = createQuotas(context);
  return async (request, reply) => countCalls(context, reply, quotasOf(request));
}

/** As `createLimit`, for who is told only by its body how many it is. Whoever has anything left may do all of it, or nobody with a small limit ever could. */
export function createCountAs(context: Context): CountAs {
  const quotasOf = createQuotas(context);
  return async (request, reply, calls) => {
    if (calls < 2) return;
    for (const field of FIELDS) reply.removeHeader(field);
    await countCalls(context, reply, quotasOf(request), calls - 1);
  };
}

function createQuotas({ config, subjectHashOf }: Context): (request: FastifyRequest) => Quota[] {
  const { limits } = config.edge;
  return ({ caller, ip, routeOptions }) => {
    if (caller?.kind === 'operator' || routeOptions.config.unlimited) return [];
    const address = { name: 'address', who: `address:${subjectHashOf(networkOf(ip))}`, quota: limits.address };
    if (!caller) return [address];
    if (caller.kind !== 'subscriber') return [{ name: 'carrier', who: `carrier:${caller.id}`, quota: limits.carrier }];
    if (routeOptions.config.withdraws)
      return [{ name: 'consent', who: `consent:${subjectHashOf(caller.id)}`, quota: limits.subscriber }];
    return [{ name: 'subscriber', who: `subscriber:${subjectHashOf(caller.id)}`, quota: limits.subscriber }, address];
  };
}

/**
 * For a subscriber's own calls of one kind that are dear, beside what else counts them: so many in so many seconds, and never
 * more than the subscriber's limit. `name`: in the headers and in Redis.
 */
export function createFurtherLimit(
  context: Context,
  name: string,
  { calls, seconds: window }: { calls: number; seconds: number },
): Limit {
  const { subscriber } = context.config.edge.limits;
  const quota = subscriber > 0 ? Math.min(calls, subscriber) : 0;
  return async ({ caller }, reply) => {
    if (caller?.kind !== 'subscriber') return;
    await countCalls(context, reply, [{ name, who: `${name}:${context.subjectHashOf(caller.id)}`, quota, window }]);
  };
}

/** Counts a call against these quotas; one of 0 is none. `further`: so many beside one that was counted before; it is refused only where others had used up all. @throws Fault TOO_MANY_REQUESTS */
export async function countCalls(
  { stores, metrics }: Pick<Context, 'stores' | 'metrics'>,
  reply: FastifyReply,
  all: readonly Quota[],
  further = 0,
): Promise<void> {
  const quotas = all.filter(({ quota }) => quota > 0).map((quota) => ({ window: MINUTE, ...quota }));
  if (quotas.length === 0) return;
  const counted = await Promise.all(
    quotas.map(async (quota) => ({
      ...quota,
      ...(await stores.rates.count(quota.who, quota.window * 1000, further || 1)),
    })),
  ).catch(() => undefined);
  if (!counted) return;
  announce(reply, counted);
  const [over] = counted.filter(({ count, quota }) => count - further > quota).sort((a, b) => b.resetIn - a.resetIn);
  if (!over) return;
  metrics.overLimit.inc({ limit: over.name });
  const time = over.window === MINUTE ? 'a minute' : `in ${over.window} seconds`;
  const detail = `More than ${over.quota} requests ${time}; go on after Retry-After.`;
  throw new Fault('TOO_MANY_REQUESTS', detail, seconds(over));
}

/** The fields RateLimit-Policy and RateLimit, after what stands there of quotas that were counted before. */
function announce(reply: FastifyReply, counted: readonly Counted[]): void {
  const left = ({ quota, count }: Counted) => Math.max(quota - count, 0);
  add(
    POLICY,
    counted.map(({ name, quota, window }) => `"${name}";q=${quota};w=${window}`),
  );
  add(
    LEFT,
    counted.map((one) => `"${one.name}";r=${left(one)};t=${seconds(one)}`),
  );

  function add(field: string, items: readonly string[]): void {
    const before = reply.getHeader(field);
    reply.header(field, [...(before === undefined ? [] : [`${before}`]), ...items].join(', '));
  }
}

function seconds({ resetIn }: Rate): number {
  return Math.ceil(resetIn / 1000);
}
