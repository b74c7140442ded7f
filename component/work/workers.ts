import { type Asked, createMemoryWorker, type MemoryWorker } from '../../runtime/queue/memory-worker.ts';
import { type MemoryQueue, queuesOf } from '../../runtime/queue/queue-table.ts';
import type { WokenWork } from '../../runtime/queue/queues.ts';
import { PARTITIONS } from '../../store/base/partitions.ts';
import type { WakeSource } from '../../store/due/wakes.ts';
import type { Context } from '../context.ts';
import type { Patience } from './patience.ts';
import { traced } from './traced.ts';

/** Subscribers of one partition whom a worker that begins looks for in a due list; the sweep finds the others. */
const MOST_UNDER_WAY = 5_000;

/**
 * The component's queue workers, for who is due at that home. `workOf`: what is done about a subscriber of that queue now.
 * One component is the active one, and only that one's workers are open: so its jobs are done by one process.
 */
export function createWorkers(
  { stores, metrics, log, now, tracing }: Context,
  host: string,
  wakes: WakeSource,
  patience: Patience,
  workOf: (name: MemoryQueue) => WokenWork,
): MemoryWorker[] {
  function askedOf(name: MemoryQueue): Asked {
    return {
      listen: (wake, gap) => wakes.listen(name, wake, gap),
      underWay: () => stores.dueAtHome.underWay(name, host, now(), MOST_UNDER_WAY),
      async overdue(most) {
        const ids = await stores.dueAtHome.take(name, host, now(), Math.ceil(most / PARTITIONS));
        metrics.swept.inc({ queue: name }, ids.length);
        return ids;
      },
    };
  }

  return queuesOf('component').map((name) =>
    createMemoryWorker(
      name,
      log,
      askedOf(name),
      patience.of(
        name,
        traced(tracing, name, async (id, wake) => workOf(name)(id, wake)),
      ),
      () => metrics.jobFailures.inc({ queue: name }),
    ),
  );
}
