import type { Redis } from '../../runtime/redis/redis.ts';
import { IS_STILL } from '../base/fence.ts';
import type { Keys } from '../base/keys.ts';
import { asYes, defineScript } from '../base/script.ts';
import { GRACE } from '../due/due.ts';
import { PART } from '../due/due-at-home.ts';
import { dueOf } from '../due/makes-due.ts';
import type { Subscriber } from '../subscriber/subscriber-record.ts';

/**
 * Nothing is due any more, unless the record is another by now: in one step, as a subscriber who
 * left or moved meanwhile has to be looked at again.
 */
const SETTLE = defineScript({
  uses: [IS_STILL],
  keys: ['record', 'listening', 'due'],
  args: ['id', 'state', 'jid', 'heard'],
  lua: `
if not isStill(record, 'state', state) or not isStill(record, 'jid', jid) then return end
if heard == '' then redis.call('DEL', listening) end
redis.call('ZREM', due, id)`,
});

/** Brings somebody forward who is due later; 1 where it did. In one step, as nobody may become due who is not. */
const HASTEN = defineScript({
  keys: ['due'],
  args: ['id', 'soon'],
  reply: asYes,
  lua: `
local at = redis.call('ZSCORE', due, id)
if not at or tonumber(at) % ${PART} <= tonumber(soon) then return 0 end
redis.call('ZADD', due, soon, id)
return 1`,
});

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

    /** The component of the home that is left hears that account no more. */
    async end(id: string): Promise<void> {
      await redis.del(keys.listening(id));
    },

    /** Whoever is due at some later time is due now; true where the job should run. */
    async hasten(id: string, now: number): Promise<boolean> {
      return HASTEN.run(redis, { due: dueOf(keys, 'arrived', id) }, { id, soon: now + GRACE });
    },

    /** Nothing is left to be done for the subscriber as it was `seen`; `on`: whether it is heard. */
    async settle(id: string, seen: Subscriber | undefined, on: boolean): Promise<void> {
      await SETTLE.run(
        redis,
        { record: keys.subscriber(id), listening: keys.listening(id), due: dueOf(keys, 'arrived', id) },
        { id, state: seen?.state, jid: seen?.jid, heard: on ? '1' : '' },
      );
    },
  };
}
