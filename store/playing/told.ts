import { UNKNOWN } from '../../domain/friendship/node-access.ts';
import { OUTLETS, type OutletName, outletRow } from '../../domain/playing/outlets.ts';
import type { Told } from '../../domain/playing/told.ts';
import { notedFingerprint } from '../../domain/playing/tune.ts';
import type { QueueName } from '../../runtime/queue/queue-table.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { IS_STILL } from '../base/fence.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { askSubscribers } from '../base/partitions.ts';
import { asYes, defineScript } from '../base/script.ts';
import { ASK_FOR_ACCESS } from '../due/asked-access.ts';
import { duesOf } from '../due/makes-due.ts';
import type { Addressee } from '../subscriber/subscriber-record.ts';
import type { ToldHere } from './told-here.ts';

/**
 * Notes that nobody knows what the outlet shows, unless the record has another `value` in its
 * `field` by now, or what plays or who may see it has changed: in one step, as a subscriber who has
 * another address must not be heard under the old one, and who shares no more not at all.
 */
const BEGIN = defineScript({
  uses: [IS_STILL],
  keys: ['record', 'playing', 'told'],
  args: ['field', 'value', 'generation', 'address', 'at'],
  reply: asYes,
  lua: `
if not isStill(record, field, value) or not isStill(playing, 'generation', generation) then return 0 end
redis.call('HSET', told, 'state', 'unknown', 'at', at, 'address', address)
return 1`,
});

/** Notes what was told, unless somebody else has begun since to tell the outlet something. */
const NOTE = defineScript({
  uses: [IS_STILL],
  keys: ['told'],
  args: ['begunAt'],
  lists: ['fields'],
  reply: asYes,
  lua: `
if not isStill(told, 'at', begunAt) then return 0 end
redis.call('HSET', told, unpack(fields))
return 1`,
});

/** Forgets what was told at an address, and who may look, unless another was told something meanwhile. */
const LEFT = defineScript({
  uses: [IS_STILL],
  keys: ['told', 'access'],
  args: ['address'],
  lua: `
if isStill(told, 'address', address) then redis.call('DEL', told, access) end`,
});

/**
 * Nobody knows any more what the outlet shows, nor how these fields of its access stand; it is to be
 * looked at. In one step, and as of `at`, as a job may be about to note what it has told before.
 */
const DOUBT = defineScript({
  uses: [ASK_FOR_ACCESS],
  keys: ['told', 'access'],
  keyList: 'outletDues',
  args: ['id', 'at', 'stamp'],
  lists: ['fields'],
  lua: `
local state = redis.call('HGET', told, 'state')
if not state and #fields == 0 then return end
if state then redis.call('HSET', told, 'state', 'unknown', 'at', at) end
for _, field in ipairs(fields) do redis.call('HSET', access, field, '${UNKNOWN}') end
askForAccess(stamp)
for _, due in ipairs(outletDues) do redis.call('ZADD', due, at, id) end`,
});

/** Notes that nobody was found at the address, unless all was forgotten meanwhile, as of somebody who has left. */
const MISS = defineScript({
  keys: ['told'],
  args: ['at', 'again'],
  lua: `
if redis.call('EXISTS', told) == 1 then redis.call('HSET', told, 'state', 'missed', 'at', at, 'again', again) end`,
});

/** Of what was read before: whose it is, and the stamp of all that plays. */
export type Seen = { subscriber: Addressee; generation: string };

/**
 * What each outlet was last told of a subscriber: hash `told:<outlet>` (see `Told`). Hash
 * `access:<outlet>`, who may look there (see `createAdmissions`), belongs to the same address.
 */
export function createTold(redis: Redis, keys: Keys, toldHere: ToldHere) {
  return {
    async read(id: string, outlet: OutletName): Promise<Told> {
      return toTold(await redis.hGetAll(keys.told(id, outlet)));
    },

    /** The same of many, in their order. */
    async ofEach(ids: readonly string[], outlet: OutletName): Promise<Told[]> {
      const found = await askSubscribers(redis, ids, (batch, id) => batch.hGetAll(keys.told(id, outlet)));
      return found.map((fields) => toTold({ ...(fields as Record<string, string>) }));
    },

    /** The queues of the outlets that have still to leave this address. */
    async toLeave(id: string, address: string): Promise<QueueName[]> {
      const batch = redis.multi();
      for (const { name } of OUTLETS) batch.hGet(keys.told(id, name), 'address');
      const found = (await batch.exec()) as unknown[];
      return OUTLETS.flatMap(({ queue }, i) => (found[i] === address ? [queue] : []));
    },

    /**
     * To be called before anything is sent: until it is noted what was, nobody knows what the outlet shows. False when
     * the subscriber has another address by now, or plays or shares something else; then nothing may be sent.
     */
    async begin(seen: Seen, outlet: OutletName, address: string, now: number): Promise<boolean> {
      const { subscriber, generation } = seen;
      const { id } = subscriber;
      const field = outletRow(outlet).address;
      toldHere.noted(id, outlet, now);
      return BEGIN.run(
        redis,
        { record: keys.subscriber(id), playing: keys.playing(id), told: keys.told(id, outlet) },
        { field, value: subscriber[field], generation, address, at: now },
      );
    },

    /** What was told since `begunAt`; false when somebody else has begun since, whose note it is now. */
    async note(id: string, outlet: OutletName, told: Told, begunAt: number): Promise<boolean> {
      const fields = Object.entries(toldFields(told)).flat();
      if ('at' in told) toldHere.noted(id, outlet, told.at);
      return NOTE.run(redis, { told: keys.told(id, outlet) }, { begunAt, fields });
    },

    /** At that address, which is the subscriber's no longer, nothing is shown now, and to whom is forgotten. */
    async left(id: string, outlet: OutletName, address: string): Promise<void> {
      await LEFT.run(redis, { told: keys.told(id, outlet), access: keys.access(id, outlet) }, { address });
    },

    /** The outlet may have forgotten what it was told, and how these fields of who may look stand there. */
    async doubt(id: string, outlet: OutletName, fields: readonly string[], now: number): Promise<void> {
      const places = {
        told: keys.told(id, outlet),
        access: keys.access(id, outlet),
        playing: keys.playing(id),
        outletDues: duesOf(keys, 'audience', id),
      };
      toldHere.noted(id, outlet, now);
      await DOUBT.run(redis, places, { id, at: now, stamp: newStamp(), fields });
    },

    /** Nobody was found at the subscriber's address at this time. `again`: when that is believed, if nobody is found then. */
    async miss(id: string, outlet: OutletName, at: number, again: number): Promise<void> {
      await MISS.run(redis, { told: keys.told(id, outlet) }, { at, again });
    },

    /** There is nobody at the subscriber's address, so nothing is shown to anybody. */
    async forget(id: string, outlet: OutletName): Promise<void> {
      await redis.del([keys.told(id, outlet), keys.access(id, outlet)]);
    },
  };
}

/** From the fields of the hash. */
export function toTold({ state, fingerprint: noted = '', at: time, again, ...fields }: Record<string, string>): Told {
  const fingerprint = notedFingerprint(noted);
  const place = { address: fields.address, ...(fields.memo && { memo: fields.memo }) };
  // An address alone is noted by whoever tells first who may look.
  if (state === undefined) return { ...place, state: 'nothing' };
  if (state === 'heard') return { ...place, state, fingerprint };
  // Without a time it is a note of an earlier version about what a user's own client has published.
  if (state === 'unknown' || time === undefined) return { ...place, state: 'unknown' };
  const at = Number(time);
  if (state === 'told') return { ...place, state, fingerprint, at, ...(again && { again: Number(again) }) };
  if (state === 'missed') return { ...place, state, at, again: Number(again) };
  return state === 'doubted' ? { ...place, state, fingerprint, at } : { ...place, state: 'hidden', at };
}

/** As fields of the hash. The address is noted before anything is sent. */
export function toldFields(told: Told): Record<string, string> {
  return {
    state: told.state,
    memo: told.memo ?? '',
    ...('at' in told && { at: `${told.at}` }),
    ...('fingerprint' in told && { fingerprint: told.fingerprint }),
    ...(told.state === 'told' && { again: `${told.again ?? ''}` }),
  };
}
