import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from '../base/keys.ts';
import type { Subscriber } from '../subscriber/subscriber-record.ts';

// A subscriber who left or moved meanwhile has to be looked at again.
const SETTLE = `
local record = redis.call('HMGET', KEYS[1], 'state', 'jid')
if (record[1] or '') ~= ARGV[2] or (record[2] or '') ~= ARGV[3] then return 0 end
if ARGV[4] == '' then redis.call('DEL', KEYS[2]) end
return redis.call('ZREM', KEYS[3], ARGV[1])`;

/**
 * On which account the component hears what the user's own client plays (string `listening`: the JID, written before the first
 * request, so that nothing is forgotten that has to be undone).
 */
export function createListening(redis: Redis, keys: Keys) {
  return {
    async on(id: string): Promise<string | undefined> {
      return (await redis.get(keys.listening(id))) ?? undefined;
    },

    async begin(id: string, jid: string): Promise<void> {
      await redis.set(keys.listening(id), jid);
    },

    /** Nothing is left to be done for the subscriber as it was `seen`; `on`: whether it is heard. */
    async settle(id: string, seen: Subscriber | undefined, on: boolean): Promise<void> {
      await redis.eval(SETTLE, {
        keys: [keys.subscriber(id), keys.listening(id), keys.due('listen', id)],
        arguments: [id, seen?.state ?? '', seen?.jid ?? '', on ? '1' : ''],
      });
    },
  };
}
