import { setTimeout as sleep } from 'node:timers/promises';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Asked } from '../../runtime/queue/memory-worker.ts';
import type { MemoryQueue } from '../../runtime/queue/queue-table.ts';
import { PARTITIONS } from '../base/partitions.ts';
import type { createDueAtHome } from './due-at-home.ts';
import type { WakeSource } from './wakes.ts';
import type { WhereDue } from './where-due.ts';

/** Subscribers of one partition whom a worker that begins looks for in a due list; the sweep finds the others. */
const MOST_UNDER_WAY = 5_000;
/**
 * Milliseconds in which the workers of a process ask together who is overdue. They have the answer in one moment, and so they ask in one
 * moment the next time, but for those who have found somebody.
 */
const TOGETHER = 25;

/** Where the workers of queues in memory, all of one process, hear who has to be looked at. `host`: of the home for which they work. */
export function askedBy(
  { dueAtHome }: { dueAtHome: ReturnType<typeof createDueAtHome> },
  wakes: WakeSource,
  { swept }: Pick<Metrics, 'swept'>,
  now: () => number,
  host = '',
): (queue: MemoryQueue) => Asked {
  const queues: MemoryQueue[] = [];
  let where: Promise<WhereDue> | undefined;

  function whereAnybodyIs(): Promise<WhereDue> {
    where ??= sleep(TOGETHER).then(() => {
      where = undefined;
      return dueAtHome.where(queues, host, now());
    });
    return where;
  }

  return (queue) => {
    queues.push(queue);
    return {
      listen: (wake, gap) => wakes.listen(queue, wake, gap),
      underWay: () => dueAtHome.underWay(queue, host, now(), MOST_UNDER_WAY),
      async overdue(most) {
        const partitions = (await whereAnybodyIs()).get(queue) ?? [];
        const ids = await dueAtHome.take(queue, host, now(), Math.ceil(most / PARTITIONS), partitions);
        swept.inc({ queue }, ids.length);
        return ids;
      },
    };
  };
}
