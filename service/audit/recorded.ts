import { randomUUID } from 'node:crypto';
import { Fault, type FaultCode } from '../../domain/fault.ts';
import type { Log } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { SubjectHashOf } from '../../runtime/secret/subject-hash.ts';
import type { ServiceContext } from '../context.ts';
import { recordCall, STATUS_OF } from './audit.ts';

/** What serves wishes that leave an entry in the audit trail. */
export type Recording = ServiceContext & { subjectHashOf: SubjectHashOf; metrics: Metrics; log: Log };

/** In the audit trail, as HTTP says it. */
const DONE = 200;

/**
 * Runs a step that changes something and writes its entry before anybody hears of it; without one it is no success (decision 41). `whom`: the id of the
 * subscriber who is there once the step is taken. `codeOf`: how a failure is written down; undefined leaves it out.
 * @throws what the step throws; Fault UNAVAILABLE when the entry is lost
 */
export async function recorded<T>(
  service: Recording,
  operation: string,
  whom: () => string | undefined,
  step: () => Promise<T>,
  codeOf: (err: unknown) => FaultCode | undefined = codeOfFault,
): Promise<T> {
  let result: T;
  try {
    result = await step();
  } catch (err) {
    const code = codeOf(err);
    // Who may do no more could fill the trail.
    if (code !== undefined && code !== 'TOO_MANY_REQUESTS') await write(service, operation, whom(), code);
    throw err;
  }
  if (await write(service, operation, whom(), undefined)) return result;
  throw new Fault('UNAVAILABLE', 'This could not be written to the audit trail; send it again.');
}

/** False when the entry is lost. */
async function write(
  service: Recording,
  operation: string,
  id: string | undefined,
  code: FaultCode | undefined,
): Promise<boolean> {
  const caller = id === undefined ? undefined : { kind: 'subscriber' as const, id };
  const correlator = randomUUID();
  const status = code === undefined ? DONE : STATUS_OF[code];
  try {
    await recordCall(service, { caller, operation, subject: id, correlator, status, code });
    return true;
  } catch (err) {
    service.metrics.auditFailures.inc();
    service.log.error({ err, correlator, operation, status }, 'audit entry lost');
    return false;
  }
}

function codeOfFault(err: unknown): FaultCode | undefined {
  return err instanceof Fault ? err.code : undefined;
}
