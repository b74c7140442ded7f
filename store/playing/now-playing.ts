import { fingerprint, type Playing, type Tune } from '../../domain/playing/tune.ts';
import type { Redis } from '../../runtime/redis.ts';
import { GRACE } from '../base/due.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { askSubscribers } from '../base/partitions.ts';
import { BEGIN, DEVICE, FINISH, LEFT, OWN, PLAY, STOP, UNKNOWN } from './now-playing-scripts.ts';

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

/** Devices of one subscriber that play at a time. */
export const MOST_DEVICES = 10;

const GENERATION = 'generation';
const ACCESS = 'access';

/**
 * Hash `playing` (a field for each device: since when, in milliseconds since the epoch, a space, and what; the generation; and `access` when that has to
 * be looked at) is what should be shown; hash `published` is what the server was told. Of more than `MOST_DEVICES` devices those go that began first.
 * A subscriber stays in `due:tune` for as long as something plays: first until it is published, then
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
      const value = await redis.hGet(keys.playing(id), DEVICE + device);
      return value === null ? undefined : toPlaying(value);
    },

    async play(id: string, playing: Playing, now: number): Promise<void> {
      await redis.eval(PLAY, {
        keys: [keys.playing(id), keys.due('tune', id)],
        arguments: [id, DEVICE + playing.device, written(playing), newStamp(), `${now + GRACE}`, `${MOST_DEVICES}`],
      });
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
     * The user's own client has published this on the server, or with undefined the end of it. False when there was nothing to end.
     * `shown`: what the server shows now: `it`; perhaps something else (`unsure`); or something that Earshot cannot read, which is to be taken off.
     */
    async publishedByOwner(
      id: string,
      device: string,
      playing: Playing | undefined,
      shown: 'it' | 'unsure' | 'unreadable',
      now: number,
    ): Promise<boolean> {
      const reply = await redis.eval(OWN, {
        keys: [keys.playing(id), keys.published(id), keys.due('tune', id), keys.subscriber(id)],
        arguments: [
          id,
          DEVICE + device,
          playing ? written(playing) : '',
          newStamp(),
          `${now + GRACE}`,
          `${MOST_DEVICES}`,
          shown === 'it' ? fingerprint(playing?.tune) : UNKNOWN,
          shown === 'unreadable' ? '1' : '0',
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
    .map(([, value]) => toPlaying(value));
  return { devices, generation: fields[GENERATION] ?? '', access: ACCESS in fields };
}

function written(playing: Playing): string {
  return `${playing.since} ${JSON.stringify(playing)}`;
}

function toPlaying(value: string): Playing {
  return JSON.parse(value.slice(value.indexOf('{'))) as Playing;
}
