import type { FaultCode } from '../../domain/fault.ts';
import type { SubjectHashOf } from '../../runtime/secret/subject-hash.ts';
import type { AuditRecord, CallerKind } from '../../store/audit/audit.ts';
import { type AuditKind, type AuditPlace, NOBODY, SUBSCRIBERS } from '../../store/audit/audit-places.ts';
import type { Along } from '../../store/base/script.ts';
import type { ServiceContext } from '../context.ts';

/** What a code is as a status of HTTP (RFC 9110, section 15), which the audit trail keeps for every door. */
export const STATUS_OF: Readonly<Record<FaultCode, number>> = {
  INVALID_ARGUMENT: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  ALREADY_EXISTS: 409,
  CONFLICT: 409,
  CONFIRMATION_REQUIRED: 409,
  FAILED_PRECONDITION: 412,
  PAYLOAD_TOO_LARGE: 413,
  URI_TOO_LONG: 414,
  HEADERS_TOO_LARGE: 431,
  EXPECTATION_FAILED: 417,
  REQUEST_TIMEOUT: 408,
  // As nginx logs it: nobody is there to read it.
  CANCELLED: 499,
  UNSUPPORTED_MEDIA_TYPE: 415,
  IDEMPOTENCY_KEY_REUSED: 422,
  TOO_MANY_REQUESTS: 429,
  UNAVAILABLE: 503,
  INTERNAL: 500,
};

/**
 * A call by whichever door. `caller`: undefined when nobody knows who called; `id`: a subscriber's id, or a credential's. `operation`: method and
 * route, or `COMMAND` and the command's name. `subject`: the id of the subscriber whom it is about.
 */
export type Call = {
  caller: { kind: CallerKind; id: string } | undefined;
  operation: string;
  subject: string | undefined;
  correlator: string;
  status: number;
  code: FaultCode | undefined;
  /** A hash of the network from which somebody calls whom nobody knows. */
  from?: string;
};

/** Calls that only look, though they are sent with POST: numbers do not stand in URLs. */
const LOOKS = new Set(['POST /v1/subscribers/retrieve', 'POST /v1/audit/search']);

type Recording = ServiceContext & { subjectHashOf: SubjectHashOf };

/** Writes the call's entry, before its answer goes out (decision 41). */
export async function recordCall(service: Recording, call: Call): Promise<void> {
  const { place, entry } = entryOf(service, call);
  await service.stores.audit.record(place, entry, service.config.auditMaxEntries);
}

/** As `recordCall`, for many at once; those of one kind stay in their order. */
export async function recordCalls(service: Recording, calls: readonly Call[]): Promise<void> {
  await service.stores.audit.recordMany(
    calls.map((call) => entryOf(service, call)),
    service.config.auditMaxEntries,
  );
}

/** The same in one step with what the call changes; undefined where that cannot be (decision 137). */
export function callAlong(service: Recording, call: Call): Along | undefined {
  const { place, entry } = entryOf(service, call);
  return service.stores.audit.along(place, entry, service.config.auditMaxEntries);
}

function entryOf(
  { subjectHashOf }: Recording,
  { caller, operation, subject, correlator, status, code, from = '' }: Call,
): { place: AuditPlace; entry: AuditRecord } {
  const callerId = caller?.kind === 'subscriber' ? subjectHashOf(caller.id) : (caller?.id ?? '');
  return {
    place: { kind: kindOf(operation, status), lane: laneOf(caller), whose: callerId || from },
    entry: {
      caller: caller?.kind ?? 'unknown',
      callerId,
      operation,
      subject: subject === undefined ? '' : subjectHashOf(subject),
      correlator,
      status,
      code: code ?? '',
    },
  };
}

function kindOf(operation: string, status: number): AuditKind {
  if (status >= 400) return 'refusals';
  if (operation.endsWith('/export')) return 'exports';
  return /^(?:GET|HEAD) /.test(operation) || LOOKS.has(operation) ? 'looks' : 'changes';
}

function laneOf(caller: Call['caller']): string {
  if (!caller) return NOBODY;
  return caller.kind === 'subscriber' ? SUBSCRIBERS : caller.id;
}
