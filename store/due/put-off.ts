import type { RedisQueue } from '../../runtime/queue/queue-table.ts';
import type { QueueWork } from '../../runtime/queue/queue-worker.ts';
import type { Work } from '../../runtime/queue/queues.ts';
import type { Due } from './due.ts';

/**
 * Work that says when it was too early, for a queue in Redis: its subscriber is due at that time, and the sweep asks for the
 * job within a second after it. What is asked for meanwhile runs at once, so that whoever stops something does not wait.
 */
export function puttingOff(due: Pick<Due, 'postpone'>, queue: RedisQueue, work: Work | QueueWork): QueueWork {
  return async (id, job, token) => {
    const again = await work(id, job, token);
    if (typeof again === 'number') await due.postpone(queue, id, again);
  };
}

/**
 * The same for work that goes on when another process has taken its job over: whoever was overtaken, or was asked meanwhile, does not
 * put off what others have said.
 */
export function puttingOffUnlessAsked(
  due: Pick<Due, 'at' | 'postponeFrom'>,
  queue: RedisQueue,
  work: Work | QueueWork,
): QueueWork {
  return async (id, job, token) => {
    const seen = await due.at(queue, id);
    const again = await work(id, job, token);
    if (typeof again === 'number') await due.postponeFrom(queue, id, seen, again);
  };
}
