import type { Stack } from '../../local/stack/stack.ts';
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
    for (const [field, value] of Object.entries(await redis.hGetAll(key))) {
      if (!field.startsWith('device:')) continue;
      const kept = JSON.parse(value.slice(value.indexOf('{'))) as Kept;
      const changed = { ...kept, ...change(kept) };
      await redis.hSet(key, field, `${changed.since} ${JSON.stringify(changed)}`);
    }
  });
}

/** Lets what somebody plays have begun so many seconds earlier, so that a picture shows bars on their way. */
export function playedFor(stack: Stack, person: Person, seconds: number): Promise<void> {
  return rewritePlaying(stack, person, ({ since }) => ({ since: since - seconds * 1000 }));
}
