import { setTimeout as sleep } from 'node:timers/promises';
import { decideShowing } from '../../domain/playing/showing.ts';
import { lastTold } from '../../domain/playing/told.ts';
import { currentOf, fingerprint, type Playing, play, sameTune, type Tune } from '../../domain/playing/tune.ts';
import type { ComponentConfig } from '../../runtime/config/component-config.ts';
import { isRedisAway } from '../../runtime/redis/redis.ts';
import { wakeOthers } from '../../store/due/makes-due.ts';
import { toRemember } from '../../store/playing/recent.ts';
import type { Context } from '../context.ts';
import type { Moment } from '../stream/echoes.ts';
import type { Element } from '../stream/xml.ts';
import { tuneOf } from './tune-element.ts';
import { readTuneEvent, type TuneEvent } from './tune-event.ts';

type OwnTunesConfig = Pick<ComponentConfig, 'homeHost' | 'popular'>;

/** The device that stands for all XMPP clients of a subscriber: they share one item on the server. */
const OWN_CLIENT = 'xmpp';

/** Follows what users' own clients publish. */
export type OwnTunes = {
  /** A message from the server; one that carries a user's tune is followed. */
  receive(message: Element): void;
  /** Waits for what is under way. */
  stop(): Promise<void>;
};

/** What an account published, when the event of it came (see `Echoes.moment`), and whether the server may just have repeated it. */
type Heard = { event: TuneEvent; moment: Moment; repeated: boolean };

/** Milliseconds until what Redis refused is followed again. */
const AGAIN = 500;

/**
 * What subscribers' own clients publish is what they play (decision 63). The server shows it already, so that is noted too and the
 * tune job finds nothing to publish. `mayRepeat`: whether the server may just have repeated what was published last.
 *
 * Events of one account are followed one after the other: a stop that comes right behind its tune must not overtake it. What
 * came in between is not followed, as only the newest counts; so at most one event waits for each account.
 */
export function createOwnTunes(
  context: Context,
  config: OwnTunesConfig,
  mayRepeat: (jid: string) => boolean,
): OwnTunes {
  const { echoes, log } = context;
  const newest = new Map<string, Heard>();
  const underWay = new Map<string, Promise<void>>();
  let stopped = false;

  async function followAll(jid: string): Promise<void> {
    let failed = false;
    for (let heard = newest.get(jid); heard; heard = newest.get(jid)) {
      newest.delete(jid);
      try {
        await follow(context, config, heard);
      } catch (err) {
        if (!failed) log.warn({ err }, 'a tune of a user’s own client is not followed');
        failed = true;
        if (stopped || !isRedisAway(err)) continue;
        await sleep(AGAIN);
        if (!newest.has(jid)) newest.set(jid, heard);
      }
    }
    underWay.delete(jid);
  }

  return {
    receive(message) {
      const event = readTuneEvent(message, config.homeHost);
      if (!event || echoes.take(event.jid, event.tune)) return;
      const { jid } = event;
      newest.set(jid, { event, moment: echoes.moment(jid), repeated: mayRepeat(jid) });
      if (!underWay.has(jid)) underWay.set(jid, followAll(jid));
    },
    async stop() {
      stopped = true;
      await Promise.all(underWay.values());
    },
  };
}

async function follow(context: Context, config: OwnTunesConfig, { event, moment, repeated }: Heard): Promise<void> {
  const { stores, queues, echoes, now } = context;
  const { jid, tune: element } = event;
  const id = await stores.subscribers.idOfJid(jid);
  if (id === undefined) return;
  const tune = element && tuneOf(element);
  const basis = await stores.situations.own(id);
  // What plays in an account that was given up is its user's own affair.
  if (basis.subscriber?.jid !== jid) return;
  const { devices } = basis;
  if (tune && (await isLateEcho(context, id, tune, devices))) return;
  // A tune that ended long ago stays on the server when its client does not take it back.
  if (repeated && tune && lastTold(await stores.told.read(id, 'xmpp')) === fingerprint(tune)) return;
  const before = devices.find(({ device }) => device === OWN_CLIENT);
  const time = now();
  const playing = tune && play(before, OWN_CLIENT, tune, time);
  const others = devices.filter((one) => one !== before);
  const showing = decideShowing({ ...basis, devices: playing ? [...others, playing] : others }, time);
  const known = echoes.quietSince(jid, moment) ? 'it' : 'unsure';
  // Friends see it, and nothing that plays would ever end it.
  const on = element && !tune ? 'unreadable' : known;
  const shown = toRemember(config, basis, showing);
  const changed = await stores.nowPlaying.publishedByOwner(id, 'xmpp', OWN_CLIENT, playing, on, time, shown);
  if (changed) await wakeOthers(queues, 'played', [id]);
}

/** An echo for which nobody waits any more, because it was sent by a process or over a stream that is gone. */
async function isLateEcho({ stores }: Context, id: string, tune: Tune, devices: readonly Playing[]): Promise<boolean> {
  const { state } = await stores.told.read(id, 'xmpp');
  const current = currentOf(devices, 0);
  const isUnsure = state === 'unknown' || state === 'missed' || state === 'doubted';
  return isUnsure && current !== undefined && sameTune({ ...current.tune, kind: 'audio' }, tune);
}
