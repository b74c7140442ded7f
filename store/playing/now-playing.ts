import { ADMITTING, type OutletName, outletRow } from '../../domain/playing/outlets.ts';
import type { Reach } from '../../domain/playing/showing.ts';
import type { Told } from '../../domain/playing/told.ts';
import { fingerprint, type Playing } from '../../domain/playing/tune.ts';
import { type Cause, causeWord } from '../../runtime/cause.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { playingNews } from '../base/events.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { askSubscribers } from '../base/partitions.ts';
import { readRecord } from '../base/record.ts';
import type { Along } from '../base/script.ts';
import { accessField } from '../due/asked-access.ts';
import { GRACE } from '../due/due.ts';
import { latelyKeys, latelyWord } from '../due/lately.ts';
import { duesOf } from '../due/makes-due.ts';
import { watchedKeys } from '../due/watched.ts';
import type { PrivacyFields } from '../friendship/privacy-fields.ts';
import { DEVICE, FINISH, OWN, PLAY, PUT_OFF, STOP } from './now-playing-scripts.ts';
import { pieceWords, type Shown } from './recent.ts';
import { situationKeys } from './situation-script.ts';
import { type Seen, toldFields } from './told.ts';
import type { ToldHere } from './told-here.ts';

/**
 * What the store says at one moment. `generation` is new after each change. `access`: the outlets that have to look at who may
 * see it (see `askForAccess`).
 */
export type PlayingState = { devices: Playing[]; generation: string; access: readonly OutletName[] };

/**
 * What comes of an outlet's job. `told`: what the outlet was told; undefined when it was told nothing.
 * `begunAt`: the time that was noted before it was told; `toldAt`: where the outlet may forget it, the
 * time at which it was told. `ranOut`: devices whose tunes have ended. `access`: who may look was seen
 * to. `again`: when to look next.
 */
export type Finished = {
  told: { now: Told; begunAt: number | undefined; toldAt?: number | undefined } | undefined;
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
export function createNowPlaying(redis: Redis, keys: Keys, privacyFields: PrivacyFields, toldHere: ToldHere) {
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
     * the same step; `cause`: the request that it is for, which whoever is woken and whoever listens is told, and which is not kept. Whoever shows it is woken, and the pages are told, in that step, too. `ifUsual`: only where it was decided
     * rightly for somebody with open settings, on whose devices nothing began later, and on this one another tune; otherwise
     * nothing is written, and the answer is false.
     */
    async play(
      id: string,
      playing: Playing,
      now: number,
      {
        shown,
        wanted,
        along,
        cause,
        ifUsual = false,
      }: {
        shown?: Shown | undefined;
        wanted?: (reach: Reach) => Playing | undefined;
        along?: Along | undefined;
        cause?: Cause | undefined;
        ifUsual?: boolean;
      } = {},
    ): Promise<boolean> {
      const piece = pieceWords(keys, privacyFields, id, shown);
      return PLAY.runWith(
        along,
        redis,
        { ...situationKeys(keys, id), ...piece.keys, ...watchedKeys(keys, id), outlets: keys.outlets(id) },
        {
          ...{ ...changed(id, now, cause), ...noted(playing.device, playing), ...piece.args },
          ...{ ifUsual: ifUsual ? 1 : 0, since: playing.since, title: `"title":${JSON.stringify(playing.tune.title)}` },
          wanted: keys.used().map(({ reach }) => fingerprint(wanted?.(reach)?.tune)),
          // What a wake brings along names no number.
          brings: keys.used().map(({ address }) => (address === 'jid' ? 1 : 0)),
        },
      );
    },

    /** Stops one device, or all; false when nothing was playing there. */
    async stop(
      id: string,
      device: string | undefined,
      now: number,
      { along, cause }: { along?: Along | undefined; cause?: Cause | undefined } = {},
    ): Promise<boolean> {
      const gone = await STOP.runWith(
        along,
        redis,
        {
          ...{ record: keys.subscriber(id), playing: keys.playing(id) },
          ...{ ...watchedKeys(keys, id), dues: duesOf(keys, 'played', id) },
        },
        { ...changed(id, now, cause), devices: device === undefined ? [] : [DEVICE + device] },
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
        {
          ...{ playing: keys.playing(id), told: keys.told(id, outlet), ...piece.keys },
          ...{ ...watchedKeys(keys, id), dues: duesOf(keys, 'played', id) },
        },
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
     * The outlet shows what it should. What it was told is noted, unless another job has begun since to
     * tell it something; then all is looked at again. The devices that ran out go and the next look is
     * set, unless what plays has changed since it was `seen`. False where what it was told is not noted.
     */
    async finish(id: string, outlet: OutletName, seen: PlayingState, done: Finished): Promise<boolean> {
      const { told, again } = done;
      if (told && 'at' in told.now) toldHere.noted(id, outlet, told.now.at);
      return FINISH.run(
        redis,
        {
          ...{ playing: keys.playing(id), told: keys.told(id, outlet), due: keys.due(outletRow(outlet).queue, id) },
          ...latelyKeys(keys, id),
        },
        {
          ...{ id, generation: seen.generation, again },
          ...{ begunAt: told?.begunAt, toldAt: told?.toldAt, things: [latelyWord({ what: 'shown', outlet })] },
          toldFields: Object.entries(told ? toldFields(told.now) : {}).flat(),
          done: [...done.ranOut.map((device) => DEVICE + device), ...(done.access ? [accessField(outlet)] : [])],
        },
      );
    },

    /**
     * The outlet cannot be told now: it is looked at again at `time`. Not where something has changed since it was `seen`, which has set an
     * earlier time itself: a withdrawal must not wait as long as what went before it.
     */
    async putOff(outlet: OutletName, { subscriber, generation }: Seen, time: number): Promise<void> {
      const { id } = subscriber;
      const { address: field, queue } = outletRow(outlet);
      await PUT_OFF.run(
        redis,
        { record: keys.subscriber(id), playing: keys.playing(id), due: keys.due(queue, id) },
        { id, state: subscriber.state, field, value: subscriber[field], generation, time },
      );
    },
  };

  /** What every change tells. */
  function changed(id: string, now: number, cause?: Cause) {
    const told = { cause: causeWord(cause), news: playingNews(cause?.trace) };
    return {
      id,
      dueAt: now + GRACE,
      generation: newStamp(),
      events: keys.events(id),
      wakes: keys.outletWakes(id),
      inSlot: keys.inCluster ? 1 : 0,
      ...told,
    };
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
  return readRecord<Playing>(value.slice(value.indexOf('{')), 'what plays');
}
