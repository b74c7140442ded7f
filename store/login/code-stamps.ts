import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { asYes, defineScript } from '../base/script.ts';

/** Milliseconds: longer than any code lives (EARSHOT_CODE_SECONDS), by whichever clock. */
const LIFETIME = 7_200_000;

/**
 * What is there since a phone's codes were made void. `stamp`: what codes that are sent from then on carry. `at`: when that was,
 * milliseconds since the epoch by the clock of the process that did it. `kept`: the name of the one proof from before that stays good.
 */
export type CodeStamp = { stamp: string; at: number; kept: string | undefined };

/** A new stamp, if there is still the one that was seen, none, or none any more: in one step, or who was made void in between would make others void. */
const REPLACE = defineScript({
  keys: ['place'],
  args: ['seen', 'value', 'lifetime'],
  reply: asYes,
  lua: `
local present = redis.call('GET', place)
if present and string.match(present, '^%S+') ~= seen then return 0 end
redis.call('SET', place, value, 'PX', lifetime)
return 1`,
});

/**
 * A string `code-stamp:<keyed hash of the phone>` for each phone whose codes were made void lately: stamp, time and the name of what is kept, with blanks
 * between them. Nothing for all others.
 */
export function createCodeStamps(redis: Redis, keys: Keys) {
  return {
    async read(phone: string): Promise<CodeStamp | undefined> {
      const text = await redis.get(keys.codeStamp(phone));
      if (text === null) return undefined;
      const [stamp = '', at, kept] = text.split(' ');
      return { stamp, at: Number(at ?? 0), kept };
    },

    async renew(phone: string, now: number): Promise<void> {
      const expiration = { type: 'PX', value: LIFETIME } as const;
      await redis.set(keys.codeStamp(phone), `${newStamp()} ${now}`, { expiration });
    },

    /** As `renew`, and keeps the proof of that name. False, and nothing is changed, where there is another stamp than `seen` by now. */
    async replace(phone: string, seen: CodeStamp | undefined, kept: string, now: number): Promise<boolean> {
      const args = { seen: seen?.stamp, value: `${newStamp()} ${now} ${kept}`, lifetime: LIFETIME };
      return REPLACE.run(redis, { place: keys.codeStamp(phone) }, args);
    },
  };
}
