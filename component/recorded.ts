import { randomUUID } from 'node:crypto';
import { Fault } from '../domain/fault.ts';
import type { SubjectHashOf } from '../runtime/subject-hash.ts';
import { recordCall, STATUS_OF } from '../service/audit.ts';
import type { ServiceContext } from '../service/context.ts';

/** What serves requests that leave an entry in the audit trail. */
export type Recording = ServiceContext & { subjectHashOf: SubjectHashOf };

/** In the audit trail, as HTTP says it. */
const DONE = 200;

/**
 * Runs a step that changes something and writes its entry before anybody hears of it (decision 41). The step returns the id of the subscriber whom it was
 * about, who is then the caller; nothing when it was about nobody who is known.
 */
export async function recorded(
  service: Recording,
  operation: string,
  step: () => Promise<string | undefined>,
): Promise<void> {
  const write = (id: string | undefined, code?: Fault['code']) =>
    recordCall(service, {
      caller: id === undefined ? undefined : { kind: 'subscriber', id },
      operation,
      subject: id,
      correlator: randomUUID(),
      status: code === undefined ? DONE : STATUS_OF[code],
      code,
    });
  let id: string | undefined;
  try {
    id = await step();
  } catch (err) {
    if (err instanceof Fault && err.code !== 'TOO_MANY_REQUESTS') await write(undefined, err.code);
    throw err;
  }
  await write(id).catch(() => {
    throw new Fault('UNAVAILABLE', 'This could not be written to the audit trail; send it again.');
  });
}
