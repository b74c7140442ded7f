import { ADMITTING, OUTLETS, type OutletName, outletRow } from '../../domain/playing/outlets.ts';
import type { Reach } from '../../domain/playing/showing.ts';
import type { Told } from '../../domain/playing/told.ts';
import { fingerprint, type Playing } from '../../domain/playing/tune.ts';
import type { Redis } from '../../runtime/redis.ts';
import { accessField } from '../base/asked-access.ts';
import { GRACE } from '../base/due.ts';
import type { Keys } from '../base/keys.ts';
import { duesOf } from '../base/makes-due.ts';
import { newStamp } from '../base/marks.ts';
import { askSubscribers } from '../base/partitions.ts';
import type { Along } from '../base/script.ts';
import type { PrivacyFields } from '../friendship/privacy-fields.ts';
import { DEVICE, FINISH, OWN, PLAY, STOP } from './now-playing-scripts.ts';
import { pieceWords, type Shown } from './recent.ts';
import { toldFields } from './told.ts';

/**
 * What the store says at one moment. `generation` is new after each change. `access`: the outlets that have to look at who may
 * see it (see `askForAccess`).
 */
export type PlayingState = { devices: Playing[]; generation: string; access: readonly OutletName[] };

/**
 * What an outlet leaves to be done: the devices that ran out go, and so does its `access` once it was seen to. `again`: when to
 * look next. `told`: what it was told now, and the time that stood there when it was; undefined when it was told nothing.
 */
export type Finished = {
  told: { now: Told; begunAt: number | undefined } | undefined;
  ranOut: readonly string[];
  access: boolean;
  again: number | undefined;
};

/** Devices of one subscriber that play at a time. */
export const MOST_DEVICES = 10;

const GENERATION = 'generation';

/**
 * What each device of a subscriber plays: hash `playing`.
 * - `device:<name>`: `<since> <JSON of a Playing>`, with `since` in milliseconds since the epoch in front, so that scripts can compare it;
 * - `generation`: a stamp that is new after each change;
 * - `access:<outlet>`: there while that outlet has to look at who may see it.
 *
 * A device over `MOST_DEVICES` takes the place of the one that began first. As long as something plays, the subscriber is in the due list of each
 * outlet: first at the time at which a lost job is to be done again, then at the time at which the tune ends.
 */
export function createNowPlaying(redis: Redis, keys: Keys, privacyFields: PrivacyFields) {
  return {
    async read(id: string): Promise<PlayingState> {
      return toPlayingState(await redis.hGetAll(keys.playing(id)));
    },

    /** The states of many, in the order asked for. */
    async readMany(ids: readonly string[]): Promise<PlayingState[]> {
      const found = await askSubscribers(redis, ids, (batch, id) => batch.hGetAll(keys.playing(id)));
      return found.map((fields) => toPlayingState(fields as Record<string, string>));
    },

    /**
     * `shown`: what is to be remembered; `wanted`: what an outlet of that reach is to show from now on; `along`: what is written in
     * the same step. Whoever shows it is woken, and the pages are told, in that step, too.
     */
    async play(
      id: string,
      playing: Playing,
      now: number,
      {
        shown,
        wanted,
        along,
      }: {
        shown?: Shown | undefined;
        wanted?: (reach: Reach) => Playing | undefined;
        along?: Along | undefined;
      } = {},
    ): Promise<void> {
      const piece = pieceWords(keys, privacyFields, id, shown);
      await PLAY.runWith(
        along,
        redis,
        { playing: keys.playing(id), ...piece.keys, outlets: keys.outlets(id) },
        {
          ...{ ...changed(id, now), ...noted(playing.device, playing), ...piece.args },
          wanted: OUTLETS.map(({ reach }) => fingerprint(wanted?.(reach)?.tune)),
        },
      );
    },

    /** Stops one device, or all; false when nothing was playing there. */
    async stop(id: string, device: string | undefined, now: number, along?: Along): Promise<boolean> {
      const gone = await STOP.runWith(
        along,
        redis,
        { playing: keys.playing(id), dues: duesOf(keys, 'played', id) },
        { ...changed(id, now), devices: device === undefined ? [] : [DEVICE + device] },
      );
      return gone > 0;
    },

    /**
     * The user's own client has published this at an outlet, or with undefined the end of it. False when there was nothing to end.
     * `on`: what the outlet shows now: `it`; perhaps something else (`unsure`); or something that Earshot cannot read, which is to be taken off.
     * `shown`: as for `play`.
     */
    async publishedByOwner(
      id: string,
      outlet: OutletName,
      device: string,
      playing: Playing | undefined,
      on: 'it' | 'unsure' | 'unreadable',
      now: number,
      shown?: Shown,
    ): Promise<boolean> {
      const piece = pieceWords(keys, privacyFields, id, shown);
      return OWN.run(
        redis,
        { playing: keys.playing(id), told: keys.told(id, outlet), ...piece.keys, dues: duesOf(keys, 'played', id) },
        {
          ...{ ...changed(id, now), ...noted(device, playing), ...piece.args },
          shows: on === 'it' ? 'heard' : 'unknown',
          fingerprint: fingerprint(playing?.tune),
          unreadable: on === 'unreadable' ? 1 : 0,
        },
      );
    },

    /** The subscriber was forgotten before this was asked for. */
    async forget(id: string): Promise<void> {
      const batch = redis.multi().del([keys.playing(id), ...keys.toldOfEach(id)]);
      for (const due of duesOf(keys, 'played', id)) batch.zRem(due, id);
      await batch.exec();
    },

    /**
     * The outlet shows what it should; what it was told is noted by whoever began last to tell it. Unless the state has changed since it was read: drops what is done with, and comes
     * back at `again`, or never when nothing plays.
     */
    async finish(id: string, outlet: OutletName, seen: PlayingState, done: Finished): Promise<void> {
      const { told, again } = done;
      await FINISH.run(
        redis,
        { playing: keys.playing(id), told: keys.told(id, outlet), due: keys.due(outletRow(outlet).queue, id) },
        {
          ...{ id, generation: seen.generation, again },
          begunAt: told?.begunAt,
          toldFields: Object.entries(told ? toldFields(told.now) : {}).flat(),
          done: [...done.ranOut.map((device) => DEVICE + device), ...(done.access ? [accessField(outlet)] : [])],
        },
      );
    },
  };

  /** What every change tells. */
  function changed(id: string, now: number) {
    return { id, dueAt: now + GRACE, generation: newStamp(), events: keys.events(id), wakes: keys.outletWakes };
  }
}

/** What a device plays, as it is kept; with undefined, nothing. */
function noted(device: string, playing: Playing | undefined) {
  const value = playing && `${playing.since} ${JSON.stringify(playing)}`;
  return { device: DEVICE + device, value, most: MOST_DEVICES };
}

/** From the fields of the hash `playing`. */
export function toPlayingState(fields: Record<string, string>): PlayingState {
  const devices = Object.entries(fields)
    .filter(([field]) => field.startsWith(DEVICE))
    .map(([, value]) => toPlaying(value));
  return {
    devices,
    generation: fields[GENERATION] ?? '',
    access: ADMITTING.filter((outlet) => accessField(outlet) in fields),
  };
}

function toPlaying(value: string): Playing {
  return JSON.parse(value.slice(value.indexOf('{'))) as Playing;
}
