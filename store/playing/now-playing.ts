import { OUTLETS, type OutletName, outletRow } from '../../domain/playing/outlets.ts';
import type { Told } from '../../domain/playing/told.ts';
import { fingerprint, type Playing } from '../../domain/playing/tune.ts';
import type { Redis } from '../../runtime/redis.ts';
import { GRACE } from '../base/due.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { askSubscribers } from '../base/partitions.ts';
import { DEVICE, FINISH, OWN, PLAY, STOP } from './now-playing-scripts.ts';
import { notePiece, type Shown } from './recent.ts';
import { toldFields } from './told.ts';

/**
 * What the store says at one moment. `generation` is new after each change. `access`: who may see it has to be looked at (see
 * `askForAccess`).
 */
export type PlayingState = { devices: Playing[]; generation: string; access: boolean };

/**
 * What an outlet leaves to be done: the devices that ran out go, and so does `access` once it was seen to. `again`: when to
 * look next. `told`: what it was told now; undefined when it was told nothing.
 */
export type Finished = {
  told: Told | undefined;
  ranOut: readonly string[];
  access: boolean;
  again: number | undefined;
};

/** Devices of one subscriber that play at a time. */
export const MOST_DEVICES = 10;

const GENERATION = 'generation';
const ACCESS = 'access';

/**
 * What each device of a subscriber plays: hash `playing`.
 * - `device:<name>`: `<since> <JSON of a Playing>`, with `since` in milliseconds since the epoch in front, so that scripts can compare it;
 * - `generation`: a stamp that is new after each change;
 * - `access`: there while somebody has to look at who may see it.
 *
 * A device over `MOST_DEVICES` takes the place of the one that began first. As long as something plays, the subscriber is in the due list of each
 * outlet: first at the time at which a lost job is to be done again, then at the time at which the tune ends.
 */
export function createNowPlaying(redis: Redis, keys: Keys) {
  return {
    async read(id: string): Promise<PlayingState> {
      return toPlayingState(await redis.hGetAll(keys.playing(id)));
    },

    /** The states of many, in the order asked for. */
    async readMany(ids: readonly string[]): Promise<PlayingState[]> {
      const found = await askSubscribers(redis, ids, (batch, id) => batch.hGetAll(keys.playing(id)));
      return found.map((fields) => toPlayingState(fields as Record<string, string>));
    },

    /** `shown`: what friends are shown now and is to be remembered. The pages are told in the same step. */
    async play(id: string, playing: Playing, now: number, shown?: Shown): Promise<void> {
      const batch = redis.multi().eval(PLAY, {
        keys: [keys.playing(id), ...keys.outletDues(id)],
        arguments: [
          id,
          DEVICE + playing.device,
          written(playing),
          newStamp(),
          `${now + GRACE}`,
          `${MOST_DEVICES}`,
          keys.events(id),
        ],
      });
      if (shown) notePiece(batch, keys, id, shown);
      await batch.exec();
    },

    /** Stops one device, or all; false when nothing was playing there. */
    async stop(id: string, device: string | undefined, now: number): Promise<boolean> {
      const fields = device === undefined ? await deviceFields(redis, keys, id) : [DEVICE + device];
      const gone = await redis.eval(STOP, {
        keys: [keys.playing(id), ...keys.outletDues(id)],
        arguments: [id, newStamp(), `${now + GRACE}`, keys.events(id), ...fields],
      });
      return Number(gone) > 0;
    },

    /**
     * The user's own client has published this on the server, or with undefined the end of it. False when there was nothing to end.
     * `on`: what the server shows now: `it`; perhaps something else (`unsure`); or something that Earshot cannot read, which is to be taken off.
     * `shown`: as for `play`.
     */
    async publishedByOwner(
      id: string,
      device: string,
      playing: Playing | undefined,
      on: 'it' | 'unsure' | 'unreadable',
      now: number,
      shown?: Shown,
    ): Promise<boolean> {
      const batch = redis.multi().eval(OWN, {
        keys: [keys.playing(id), keys.told(id, 'xmpp'), keys.subscriber(id), ...keys.outletDues(id)],
        arguments: [
          id,
          DEVICE + device,
          playing ? written(playing) : '',
          newStamp(),
          `${now + GRACE}`,
          `${MOST_DEVICES}`,
          on === 'it' ? 'told' : 'unknown',
          fingerprint(playing?.tune),
          on === 'unreadable' ? '1' : '0',
          keys.events(id),
        ],
      });
      if (shown) notePiece(batch, keys, id, shown);
      const [reply] = (await batch.exec()) as unknown[];
      return reply === 1;
    },

    /** The subscriber was forgotten before this was asked for. */
    async forget(id: string): Promise<void> {
      const batch = redis.multi().del([keys.playing(id), ...OUTLETS.map(({ name }) => keys.told(id, name))]);
      for (const due of keys.outletDues(id)) batch.zRem(due, id);
      await batch.exec();
    },

    /**
     * The outlet shows what it should. Unless the state has changed since it was read: drops what is done with, and comes
     * back at `again`, or never when nothing plays.
     */
    async finish(id: string, outlet: OutletName, seen: PlayingState, done: Finished): Promise<void> {
      const told = Object.entries(done.told ? toldFields(done.told) : {}).flat();
      await redis.eval(FINISH, {
        keys: [keys.playing(id), keys.told(id, outlet), keys.due(outletRow(outlet).queue, id)],
        arguments: [
          id,
          seen.generation,
          done.again === undefined ? '' : `${done.again}`,
          `${told.length}`,
          ...told,
          ...done.ranOut.map((device) => DEVICE + device),
          ...(done.access ? [ACCESS] : []),
        ],
      });
    },
  };
}

async function deviceFields(redis: Redis, keys: Keys, id: string): Promise<string[]> {
  return (await redis.hKeys(keys.playing(id))).filter((field) => field.startsWith(DEVICE));
}

/** From the fields of the hash `playing`. */
export function toPlayingState(fields: Record<string, string>): PlayingState {
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
