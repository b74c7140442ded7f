import type { Metrics } from '../../runtime/metrics.ts';
import type { Asked } from '../../runtime/queue/memory-worker.ts';
import type { MemoryQueue } from '../../runtime/queue/queue-table.ts';
import { PARTITIONS } from '../base/partitions.ts';
import type { createDueAtHome } from './due-at-home.ts';
import type { WakeSource } from './wakes.ts';

/** Subscribers of one partition whom a worker that begins looks for in a due list; the sweep finds the others. */
const MOST_UNDER_WAY = 5_000;

/** Where the workers of queues in memory hear who has to be looked at. `host`: of the home for which they work. */
export function askedBy(
  { dueAtHome }: { dueAtHome: ReturnType<typeof createDueAtHome> },
  wakes: WakeSource,
  { swept }: Pick<Metrics, 'swept'>,
  now: () => number,
  host = '',
): (queue: MemoryQueue) => Asked {
  return (queue) => ({
    listen: (wake, gap) => wakes.listen(queue, wake, gap),
    underWay: () => dueAtHome.underWay(queue, host, now(), MOST_UNDER_WAY),
    async overdue(most) {
      const ids = await dueAtHome.take(queue, host, now(), Math.ceil(most / PARTITIONS));
      swept.inc({ queue }, ids.length);
      return ids;
    },
  });
}
