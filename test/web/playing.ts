import type { Stack } from '../../local/stack.ts';
import type { Person } from '../support/api.ts';
import { withRedis } from '../support/stack.ts';

type Kept = { tune: Record<string, unknown>; since: number };

/** Changes what is kept about what somebody plays behind Earshot's back; pages that are open hear nothing of it. */
export async function rewritePlaying(
  stack: Stack,
  { id }: Person,
  change: (kept: Kept) => Partial<Kept>,
): Promise<void> {
  await withRedis(stack, async (redis) => {
    const [key = ''] = await redis.keys(`*${id}*:playing`);
    for (const [field, json] of Object.entries(await redis.hGetAll(key))) {
      if (!field.startsWith('device:')) continue;
      const kept = JSON.parse(json) as Kept;
      await redis.hSet(key, field, JSON.stringify({ ...kept, ...change(kept) }));
    }
  });
}

/** Lets what somebody plays have begun so many seconds earlier, so that a picture shows bars on their way. */
export function playedFor(stack: Stack, person: Person, seconds: number): Promise<void> {
  return rewritePlaying(stack, person, ({ since }) => ({ since: since - seconds * 1000 }));
}
