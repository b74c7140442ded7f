import type { Stack } from '../../local/stack.ts';
import type { Person } from '../support/api.ts';
import { withRedis } from '../support/stack.ts';

/** Lets what somebody plays have begun so many seconds earlier, so that a picture shows bars on their way. */
export async function playedFor(stack: Stack, { id }: Person, seconds: number): Promise<void> {
  await withRedis(stack, async (redis) => {
    const [key = ''] = await redis.keys(`*${id}*:playing`);
    for (const [field, json] of Object.entries(await redis.hGetAll(key))) {
      if (!field.startsWith('device:')) continue;
      const playing = JSON.parse(json) as { since: number };
      await redis.hSet(key, field, JSON.stringify({ ...playing, since: playing.since - seconds * 1000 }));
    }
  });
}
