import { expect } from 'chai';
import type { Stack } from '../../local/stack/stack.ts';
import type { QueueName } from '../../runtime/queue/queue-table.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { createKeys } from '../../store/base/keys.ts';
import { allPartitions } from '../../store/base/partitions.ts';
import { eventually } from './eventually.ts';
import { withRedis } from './stack.ts';

const QUEUES: QueueName[] = ['tune', 'roster', 'reconcile', 'account', 'order', 'listen'];
/** Milliseconds: what is due later than this is no work that waits but the end of a tune, or a pause that was wanted. */
const SOON = 10_000;

/**
 * Waits until nothing that was asked for is left to be done: whatever had to be sent to the XMPP server because of it has been
 * sent, and answered. `more`: queues of outlets that are used beside it.
 */
export async function workDone(stack: Stack, more: readonly QueueName[] = []): Promise<void> {
  await withRedis(stack, (redis) =>
    eventually(async () => {
      for (const queue of [...QUEUES, ...more])
        expect(await waiting(redis, queue), `subscribers waiting for ${queue}`).to.equal(0);
    }),
  );
}

async function waiting(redis: Redis, queue: QueueName): Promise<number> {
  const keys = createKeys('earshot');
  const counts = allPartitions().map((partition) =>
    redis.zCount(keys.duePart(queue, partition), '-inf', Date.now() + SOON),
  );
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

/** Waits until every process has told its metrics since this was called. */
export async function metricsToldAnew(stack: Stack): Promise<void> {
  const asked = Date.now();
  await withRedis(stack, (redis) =>
    eventually(async () => {
      const reports = Object.values(await redis.hGetAll(createKeys('earshot').metrics));
      for (const report of reports) expect((JSON.parse(report) as { now: number }).now).to.be.above(asked);
    }),
  );
}
