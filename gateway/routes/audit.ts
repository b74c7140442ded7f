import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Fault } from '../../domain/fault.ts';
import { readMoment } from '../../domain/moment.ts';
import { requireReach } from '../../service/subscriber/reach.ts';
import { isActiveOrOrdered, subscriberWith, toE164 } from '../../service/subscriber/subscriber-fields.ts';
import type { AuditEntry, AuditQuery } from '../../store/audit/audit.ts';
import { carrierOf } from '../access/auth.ts';
import type { Carrier } from '../access/caller.ts';
import type { Context } from '../context.ts';
import { AuditPage, AuditParams, AuditSearch } from '../schemas/audit.ts';
import { notThere, problems } from '../schemas/common.ts';

const tags = ['audit'];
const config = { access: { scope: 'audit:read' } } as const;
const LIMIT = 100;

/** Who did what, about whom, and when. A credential with number ranges sees its own calls only. */
export function auditRoutes(context: Context): FastifyPluginAsyncTypebox {
  const { stores, subjectHashOf } = context;

  async function idOf(carrier: Carrier, phoneNumber: string): Promise<string> {
    requireReach(carrier, phoneNumber);
    // Also of who waits for the account that an import has ordered: its row is in the trail.
    const subscriber = await subscriberWith(context, phoneNumber, isActiveOrOrdered);
    if (!subscriber) throw new Fault('NOT_FOUND', 'No subscriber has this number; search by subscriberId.');
    return subscriber.id;
  }

  async function pageOf(query: AuditQuery) {
    const { entries, next } = await stores.audit.read(query);
    return { entries: entries.map(toView), ...(next === undefined ? {} : { next }) };
  }

  return async (app) => {
    app.get(
      '/audit',
      {
        config,
        schema: {
          tags,
          operationId: 'listAuditEntries',
          summary: 'The audit trail, the newest entry first',
          querystring: AuditParams,
          response: { 200: AuditPage, ...problems },
        },
      },
      async (request) => {
        const { credential, trail = 'known', ...window } = request.query;
        const callerId = ownOnly(carrierOf(request), credential);
        if (trail === 'unknown' && callerId !== undefined)
          throw new Fault(
            'PERMISSION_DENIED',
            'Calls by nobody known are for credentials without number ranges, all together.',
          );
        return pageOf({ ...toWindow(window), trail, callerId });
      },
    );

    app.post(
      '/audit/search',
      {
        config,
        schema: {
          tags,
          operationId: 'searchAuditEntries',
          summary: 'The entries about one subscriber, the newest first',
          body: AuditSearch,
          response: { 200: AuditPage, ...notThere, ...problems },
        },
      },
      async (request) => {
        const { subscriberId, phoneNumber, ...window } = request.body;
        if ((subscriberId === undefined) === (phoneNumber === undefined))
          throw new Fault('INVALID_ARGUMENT', 'Send either subscriberId or phoneNumber.');
        const carrier = carrierOf(request);
        const id = subscriberId ?? (await idOf(carrier, toE164(phoneNumber ?? '')));
        request.subject = id;
        return pageOf({
          ...toWindow(window),
          trail: 'known',
          callerId: ownOnly(carrier, undefined),
          subject: subjectHashOf(id),
        });
      },
    );
  };
}

function ownOnly({ id, ranges }: Carrier, wanted: string | undefined): string | undefined {
  if (ranges.length === 0) return wanted;
  if (wanted !== undefined && wanted !== id)
    throw new Fault('PERMISSION_DENIED', 'A credential with number ranges sees its own calls only.');
  return id;
}

type Window = { from?: string; to?: string; cursor?: string; limit?: number };

function toWindow({ from, to, cursor, limit = LIMIT }: Window) {
  return { from: toTime(from), to: toTime(to), cursor, limit };
}

function toTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = readMoment(text);
  if (time === undefined || time < 0) throw new Fault('INVALID_ARGUMENT', 'from and to must be times in RFC 3339.');
  return time;
}

function toView({ time, caller, callerId, operation, subject, correlator, status, code, more }: AuditEntry) {
  return {
    time: new Date(time).toISOString(),
    caller,
    ...(callerId === '' ? {} : { callerId }),
    operation,
    ...(subject === '' ? {} : { subject }),
    correlator,
    status,
    ...(code === '' ? {} : { code }),
    ...(more && { more }),
  };
}
