import { createMemoryWorker, type MemoryWorker } from '../../runtime/queue/memory-worker.ts';
import { type QueueOf, queuesOf } from '../../runtime/queue/queue-table.ts';
import type { WokenWork } from '../../runtime/queue/queues.ts';
import { askedBy } from '../../store/due/asked.ts';
import type { WakeSource } from '../../store/due/wakes.ts';
import type { Context } from '../context.ts';
import type { Patience } from './patience.ts';
import { traced } from './traced.ts';

/**
 * The component's queue workers, for who is due at that home. `workOf`: what is done about a subscriber of that queue now.
 * One component is the active one, and only that one's workers are open: so its jobs are done by one process.
 */
export function createWorkers(
  { stores, metrics, log, now, tracing }: Context,
  host: string,
  wakes: WakeSource,
  patience: Patience,
  workOf: (name: QueueOf<'component'>) => WokenWork,
): MemoryWorker[] {
  const asked = askedBy(stores, wakes, metrics, now, host);
  return queuesOf('component').map((name) =>
    createMemoryWorker(
      name,
      log,
      asked(name),
      patience.of(
        name,
        traced(tracing, name, async (id, wake) => workOf(name)(id, wake)),
      ),
      () => metrics.jobFailures.inc({ queue: name }),
    ),
  );
}
