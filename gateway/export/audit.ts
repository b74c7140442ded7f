import type { AuditEntry } from '../../store/audit/audit.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Context } from '../context.ts';
import { toTime } from './section.ts';

const PAGE = 1_000;

/** Every call about the subscriber or by it, the newest first. Whom else it concerned is not told. */
export async function* exportAudit({ stores, subjectHashOf }: Context, { id }: Subscriber) {
  const concerning = subjectHashOf(id);
  for (const trail of ['known', 'unknown'] as const) {
    let cursor: string | undefined;
    do {
      const page = await stores.audit.read({ trail, concerning, cursor, limit: PAGE });
      for (const entry of page.entries) yield toView(entry);
      cursor = page.next;
    } while (cursor !== undefined);
  }
}

function toView({ time, caller, callerId, operation, correlator, status, code }: AuditEntry) {
  return { time: toTime(time), caller, callerId, operation, correlator, status, code };
}
