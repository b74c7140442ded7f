import type { FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '../../domain/fault.ts';
import type { Rate } from '../../store/base/rates.ts';
import type { Context } from '../context.ts';
import { networkOf } from './network.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** For a supervisor's probes: one that is told 429 would end a gateway that is well. */
    unlimited?: true;
  }
}

/** Counts a call against the limits of who makes it. @throws Fault TOO_MANY_REQUESTS */
export type Limit = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

type Quota = { name: string; who: string; quota: number };
type Counted = Quota & Rate;

/** Seconds in which a quota may be used. */
const WINDOW = 60;

/**
 * Limits for each credential and each address, counted for all gateways together. The operator's own key has none. A carrier
 * has its own; a subscriber has its own, for all its tokens, and that of the address; who is nobody, that of the address.
 * While Redis does not answer nobody is limited: a call that needs it fails anyway (decision 43).
 */
export function createLimit({ config, stores, subjectHashOf, metrics }: Context): Limit {
  const { limits } = config.edge;

  function quotasOf({ caller, ip, routeOptions }: FastifyRequest): Quota[] {
    if (caller?.kind === 'operator' || routeOptions.config.unlimited) return [];
    const address = { name: 'address', who: `address:${subjectHashOf(networkOf(ip))}`, quota: limits.address };
    if (!caller) return [address];
    if (caller.kind !== 'subscriber') return [{ name: 'carrier', who: `carrier:${caller.id}`, quota: limits.carrier }];
    return [{ name: 'subscriber', who: `subscriber:${subjectHashOf(caller.id)}`, quota: limits.subscriber }, address];
  }

  return async (request, reply) => {
    const quotas = quotasOf(request).filter(({ quota }) => quota > 0);
    if (quotas.length === 0) return;
    const counted = await Promise.all(
      quotas.map(async (quota) => ({ ...quota, ...(await stores.rates.count(quota.who, WINDOW * 1000)) })),
    ).catch(() => undefined);
    if (!counted) return;
    announce(reply, counted);
    const [over] = counted.filter(({ count, quota }) => count > quota).sort((a, b) => b.resetIn - a.resetIn);
    if (!over) return;
    metrics.overLimit.inc({ limit: over.name });
    const detail = `More than ${over.quota} requests a minute; go on after Retry-After.`;
    throw new Fault('TOO_MANY_REQUESTS', detail, seconds(over));
  };
}

/** The fields RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-10). */
function announce(reply: FastifyReply, counted: readonly Counted[]): void {
  reply.header('ratelimit-policy', counted.map(({ name, quota }) => `"${name}";q=${quota};w=${WINDOW}`).join(', '));
  const left = ({ quota, count }: Counted) => Math.max(quota - count, 0);
  reply.header('ratelimit', counted.map((one) => `"${one.name}";r=${left(one)};t=${seconds(one)}`).join(', '));
}

function seconds({ resetIn }: Rate): number {
  return Math.ceil(resetIn / 1000);
}
