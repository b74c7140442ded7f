import type { MemoryQueue } from '../../runtime/queue/queue-table.ts';
import type { Wake, WokenWork } from '../../runtime/queue/queues.ts';
import type { Span, Tracing } from '../../runtime/tracing.ts';

/** The same work, as a piece of the trace of the request that asked for it, where that is traced. */
export function traced(tracing: Tracing | undefined, queue: MemoryQueue, work: WokenWork): WokenWork {
  if (!tracing) return work;
  return async (id, wake) => {
    const trace = wake?.cause?.trace;
    const span = trace && tracing.follow(`job ${queue}`, 'consumer', trace, { subject: id });
    if (!wake || !span) return work(id, wake);
    try {
      const time = await work(id, withSpan(wake, span));
      span.end({ attributes: { 'earshot.job': time === undefined ? 'done' : 'put off' } });
      return time;
    } catch (err) {
      span.end({ failed: true });
      throw err;
    }
  };
}

/** What came along may be taken back while the job runs. */
function withSpan(wake: Wake, span: Span): Wake {
  return {
    get brought() {
      return wake.brought;
    },
    cause: wake.cause,
    span,
  };
}
