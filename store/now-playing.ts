import { fingerprint, type Playing, type Tune } from '../domain/tune.ts';
import type { Redis } from '../runtime/redis.ts';
import { GRACE } from './due.ts';
import type { Keys } from './keys.ts';
import { newStamp } from './marks.ts';
import { askSubscribers } from './partitions.ts';

/**
 * What the store says at one moment. `generation` is new after each change. `access`: who may see it has to be looked at (see
 * `askForAccess`).
 */
export type PlayingState = { devices: Playing[]; generation: string; access: boolean };

/** What `finish` leaves to be done: the devices that ran out go, and so does `access` once it was seen to. `again`: when to look next. */
export type Finished = { ranOut: readonly string[]; access: boolean; again: number | undefined };

/**
 * What the server was last told. `fingerprint` is undefined while a publish is under way or its answer was never seen:
 * then nobody knows. `at`: milliseconds since the epoch. `jid`: whose account was told.
 */
export type Published = { fingerprint: string | undefined; at: number; jid: string | undefined };

/** Stands for a fingerprint that nobody knows. */
const UNKNOWN = '?';
const GENERATION = 'generation';
const DEVICE = 'device:';
const ACCESS = 'access';

// Without `at` nothing was told.
const FINISH = `
if ARGV[3] ~= '' then redis.call('HSET', KEYS[2], 'fingerprint', ARGV[2], 'at', ARGV[3]) end
if (redis.call('HGET', KEYS[1], 'generation') or '') ~= ARGV[4] then return 0 end
for i = 6, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end
if ARGV[5] == '' then redis.call('DEL', KEYS[1]) redis.call('ZREM', KEYS[3], ARGV[1])
else redis.call('ZADD', KEYS[3], ARGV[5], ARGV[1]) end
return 1`;

// A subscriber who has another JID by now must not be heard under the old one.
const BEGIN = `
if redis.call('HGET', KEYS[1], 'jid') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[2], 'fingerprint', ARGV[2], 'at', ARGV[3], 'jid', ARGV[1])
return 1`;

const LEFT = `
if redis.call('HGET', KEYS[1], 'jid') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1], KEYS[2])`;

const STOP = `
local gone = 0
for i = 4, #ARGV do gone = gone + redis.call('HDEL', KEYS[1], ARGV[i]) end
if gone == 0 then return 0 end
redis.call('HSET', KEYS[1], 'generation', ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
return gone`;

// What is shown is known only while no publish of ours is under way. Somebody who left meanwhile must leave nothing behind.
const OWN = `
if redis.call('HGET', KEYS[4], 'state') ~= 'active' then return 0 end
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
elseif redis.call('HDEL', KEYS[1], ARGV[2]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'generation', ARGV[4])
redis.call('ZADD', KEYS[3], ARGV[5], ARGV[1])
local known = redis.call('HGET', KEYS[2], 'fingerprint') ~= '${UNKNOWN}'
redis.call('HSET', KEYS[2], 'fingerprint', known and ARGV[6] or '${UNKNOWN}')
return 1`;

/**
 * Hash `playing` (a field for each device, the generation, and `access` when that has to be looked at) is what should be shown; hash `published` is what the
 * server was told. A subscriber stays in `due:tune` for as long as something plays: first until it is published, then
 * until it runs out.
 */
export function createNowPlaying(redis: Redis, keys: Keys) {
  async function finish(id: string, told: [string, string], seen: PlayingState, done: Finished): Promise<void> {
    const { ranOut, access, again } = done;
    await redis.eval(FINISH, {
      keys: [keys.playing(id), keys.published(id), keys.due('tune', id)],
      arguments: [
        id,
        ...told,
        seen.generation,
        again === undefined ? '' : `${again}`,
        ...ranOut.map((device) => DEVICE + device),
        ...(access ? [ACCESS] : []),
      ],
    });
  }

  return {
    async read(id: string): Promise<PlayingState> {
      return toState(await redis.hGetAll(keys.playing(id)));
    },

    /** The states of many, in the order asked for. */
    async readMany(ids: readonly string[]): Promise<PlayingState[]> {
      const found = await askSubscribers(redis, ids, (batch, id) => batch.hGetAll(keys.playing(id)));
      return found.map((fields) => toState(fields as Record<string, string>));
    },

    async device(id: string, device: string): Promise<Playing | undefined> {
      const json = await redis.hGet(keys.playing(id), DEVICE + device);
      return json ? (JSON.parse(json) as Playing) : undefined;
    },

    async play(id: string, playing: Playing, now: number): Promise<void> {
      await redis
        .multi()
        .hSet(keys.playing(id), { [DEVICE + playing.device]: JSON.stringify(playing), [GENERATION]: newStamp() })
        .zAdd(keys.due('tune', id), { value: id, score: now + GRACE })
        .exec();
    },

    /** Stops one device, or all; false when nothing was playing there. */
    async stop(id: string, device: string | undefined, now: number): Promise<boolean> {
      const fields = device === undefined ? await deviceFields(redis, keys, id) : [DEVICE + device];
      const gone = await redis.eval(STOP, {
        keys: [keys.playing(id), keys.due('tune', id)],
        arguments: [id, newStamp(), `${now + GRACE}`, ...fields],
      });
      return Number(gone) > 0;
    },

    /**
     * The user's own client has published this on the server, or with undefined the end of it: so the server shows it, unless
     * `sure` is false. False when there was nothing to end.
     */
    async publishedByOwner(
      id: string,
      device: string,
      playing: Playing | undefined,
      sure: boolean,
      now: number,
    ): Promise<boolean> {
      const reply = await redis.eval(OWN, {
        keys: [keys.playing(id), keys.published(id), keys.due('tune', id), keys.subscriber(id)],
        arguments: [
          id,
          DEVICE + device,
          playing ? JSON.stringify(playing) : '',
          newStamp(),
          `${now + GRACE}`,
          sure ? fingerprint(playing?.tune) : UNKNOWN,
        ],
      });
      return reply === 1;
    },

    async published(id: string): Promise<Published> {
      const { fingerprint: text, at, jid } = await redis.hGetAll(keys.published(id));
      return { fingerprint: text === UNKNOWN ? undefined : (text ?? ''), at: Number(at ?? 0), jid };
    },

    /**
     * To be called before a publish is sent: until `finish`, nobody knows what the server shows. False when the subscriber
     * has another JID by now; then nothing may be sent.
     */
    async begin(id: string, jid: string, now: number): Promise<boolean> {
      const reply = await redis.eval(BEGIN, {
        keys: [keys.subscriber(id), keys.published(id)],
        arguments: [jid, UNKNOWN, `${now}`],
      });
      return reply === 1;
    },

    /** The subscriber was forgotten before this was asked for. */
    async forget(id: string): Promise<void> {
      await redis
        .multi()
        .del([keys.playing(id), keys.published(id)])
        .zRem(keys.due('tune', id), id)
        .exec();
    },

    /** The account of that JID, which is the subscriber's no longer, shows nothing now, and to whom is forgotten. */
    async left(id: string, jid: string): Promise<void> {
      await redis.eval(LEFT, { keys: [keys.published(id), keys.access(id)], arguments: [jid] });
    },

    /** The server shows `shown`, told at `at`. */
    async shown(id: string, shown: Tune | undefined, at: number): Promise<void> {
      await redis.hSet(keys.published(id), { fingerprint: fingerprint(shown), at });
    },

    /**
     * The server shows `shown`, told at `at`. Unless the state has changed since it was read: drops what is done with, and
     * comes back at `again`, or never when nothing plays.
     */
    async finish(id: string, shown: Tune | undefined, at: number, seen: PlayingState, done: Finished): Promise<void> {
      await finish(id, [fingerprint(shown), `${at}`], seen, done);
    },

    /** The same where the server can be told nothing: what it shows is its user's own affair. */
    async pass(id: string, seen: PlayingState, done: Finished): Promise<void> {
      await finish(id, ['', ''], seen, done);
    },
  };
}

async function deviceFields(redis: Redis, keys: Keys, id: string): Promise<string[]> {
  return (await redis.hKeys(keys.playing(id))).filter((field) => field.startsWith(DEVICE));
}

function toState(fields: Record<string, string>): PlayingState {
  const devices = Object.entries(fields)
    .filter(([field]) => field.startsWith(DEVICE))
    .map(([, json]) => JSON.parse(json) as Playing);
  return { devices, generation: fields[GENERATION] ?? '', access: ACCESS in fields };
}
