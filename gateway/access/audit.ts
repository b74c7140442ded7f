import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Fault, type FaultCode } from '../../domain/fault.ts';
import { isRedisAway } from '../../runtime/redis/redis.ts';
import { type Call, callAlong, recordCall, recordCalls } from '../../service/audit/audit.ts';
import type { Along } from '../../store/base/script.ts';
import type { Context } from '../context.ts';
import { becomeCaller } from './caller.ts';
import { networkOf } from './network.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The subscriber that a call without an id in its path turned out to be about. */
    subject: string | undefined;
    /** True from the moment at which the call's entry is written. */
    audited: boolean;
  }
}

/** Calls that are counted, not written down: who may ask no more could fill the trail. */
const UNWRITTEN = 429;

/**
 * Writes an entry for every call that writes, every call by an operator or a carrier, and every call that is refused, before
 * the answer goes out. A success that cannot be written down is no success: the caller gets 503 and asks again (decision 41).
 */
export function keepAudit(app: FastifyInstance, context: Context): void {
  app.decorateRequest('subject', undefined);
  app.decorateRequest('audited', false);
  app.addHook('onSend', async (request, reply, payload) => {
    await auditAnswer(context, request, reply.statusCode);
    return payload;
  });
}

/** Before an answer with this status goes out; to be called by a route that writes its answer itself. @throws Fault UNAVAILABLE */
export async function auditAnswer(context: Context, request: FastifyRequest, status: number): Promise<void> {
  if (request.audited || status === UNWRITTEN || isOwnLook(request, status)) return;
  request.audited = true;
  try {
    await writeEntry(context, request, { subject: subjectOf(request), status, code: request.faultCode });
  } catch (err) {
    context.metrics.auditFailures.inc();
    const entry = { correlator: request.id, operation: operationOf(request), status };
    // While Redis is away every call comes here, and where it failed says nothing.
    request.log.error(isRedisAway(err) ? entry : { ...entry, err }, 'audit entry lost');
    if (status < 400)
      throw new Fault('UNAVAILABLE', 'The call could not be written to the audit trail; send it again.');
  }
}

/** What an entry says of a call. `subject`: a subscriber's id. */
export type Outcome = { subject: string | undefined; status: number; code: FaultCode | undefined };

/** One entry about this call. */
export async function writeEntry(context: Context, request: FastifyRequest, outcome: Outcome): Promise<void> {
  await recordCall(context, callOf(context, request, outcome));
}

/** Many entries about this call, in their order. */
export async function writeEntries(
  context: Context,
  request: FastifyRequest,
  outcomes: readonly Outcome[],
): Promise<void> {
  const [first] = outcomes;
  if (!first) return;
  const call = callOf(context, request, first);
  await recordCalls(
    context,
    outcomes.map((outcome) => ({ ...call, ...outcome })),
  );
}

/**
 * Runs the step with which the call succeeds, with this status, and has the entry written in the same step where that can
 * be (decision 137); otherwise it is written before the answer goes out, as for any call.
 */
export async function withEntry<Result>(
  context: Context,
  request: FastifyRequest,
  status: number,
  step: (along: Along | undefined) => Promise<Result>,
): Promise<Result> {
  const along = callAlong(context, callOf(context, request, { subject: subjectOf(request), status, code: undefined }));
  const result = await step(along);
  request.audited = along?.written ?? false;
  return result;
}

function callOf(context: Context, request: FastifyRequest, { subject, status, code }: Outcome): Call {
  const { caller, id: correlator } = request;
  const call = { caller, operation: operationOf(request), subject, correlator, status, code };
  return caller?.id ? call : { ...call, from: context.subjectHashOf(networkOf(request.ip)) };
}

/**
 * Makes the subscriber who has just logged in the caller of this request. Whoever had the number
 * until now gets an audit entry of it, too.
 */
export async function becomeCallerWithin(
  context: Context,
  request: FastifyRequest,
  { subscriber, parted }: { subscriber: { id: string }; parted?: string },
): Promise<void> {
  becomeCaller(request, subscriber);
  if (parted !== undefined) await writeEntry(context, request, { subject: parted, status: 204, code: undefined });
}

/** A subscriber who looks at what is its own leaves no entry. */
function isOwnLook({ caller, method }: FastifyRequest, status: number): boolean {
  return caller?.kind === 'subscriber' && (method === 'GET' || method === 'HEAD') && status !== 403;
}

/** The id of the subscriber whom a call is about. */
export function subjectOf({ subject, caller, params }: FastifyRequest): string | undefined {
  const { subscriberId } = (params ?? {}) as { subscriberId?: string };
  return subject ?? (subscriberId === 'me' ? caller?.id : subscriberId);
}

/** As in the API's description: `PUT /v1/subscribers/{subscriberId}/now-playing`. */
function operationOf({ method, routeOptions }: FastifyRequest): string {
  return `${method} ${routeOptions.url?.replace(/:(\w+)/g, '{$1}')}`;
}
