import { decideShowing } from '../../domain/playing/showing.ts';
import { lastTold } from '../../domain/playing/told.ts';
import { currentOf, fingerprint, type Playing, play, sameTune, type Tune } from '../../domain/playing/tune.ts';
import type { ComponentConfig } from '../../runtime/config/config.ts';
import { wakeOthers } from '../../store/base/makes-due.ts';
import { toRemember } from '../../store/playing/recent.ts';
import type { Context } from '../context.ts';
import type { Element } from '../stream/xml.ts';
import { tuneOf } from './tune-element.ts';
import { readTuneEvent, type TuneEvent } from './tune-event.ts';

type OwnTunesConfig = Pick<ComponentConfig, 'homeHost' | 'popular'>;

/** The device that stands for all XMPP clients of a subscriber: they share one item on the server. */
const OWN_CLIENT = 'xmpp';

export type OwnTunes = {
  /** A message from the server; one that carries a user's tune is followed. */
  receive(message: Element): void;
  /** Waits for what is under way. */
  stop(): Promise<void>;
};

/**
 * What subscribers' own clients publish is what they play (decision 63). The server shows it already, so that is noted too and the
 * tune job finds nothing to publish. `mayRepeat`: whether the server may just have repeated what was published last.
 */
export function createOwnTunes(
  context: Context,
  config: OwnTunesConfig,
  mayRepeat: (jid: string) => boolean,
): OwnTunes {
  const { echoes, log } = context;
  const underWay = new Set<Promise<void>>();

  return {
    receive(message) {
      const event = readTuneEvent(message, config.homeHost);
      if (!event || echoes.take(event.jid, event.tune)) return;
      const work = follow(context, config, event, echoes.moment(event.jid), mayRepeat(event.jid))
        .catch((err: unknown) => log.warn({ err }, 'a tune of a user’s own client is not followed'))
        .finally(() => underWay.delete(work));
      underWay.add(work);
    },
    async stop() {
      await Promise.all(underWay);
    },
  };
}

/** `moment`: when the event came. */
async function follow(
  context: Context,
  config: OwnTunesConfig,
  { jid, tune: element }: TuneEvent,
  moment: number,
  repeated: boolean,
): Promise<void> {
  const { stores, queues, echoes, now } = context;
  const id = await stores.subscribers.idOfJid(jid);
  if (id === undefined) return;
  const tune = element && tuneOf(element);
  const basis = await stores.situations.own(id);
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
  const isUnsure = state === 'unknown' || state === 'doubted';
  return isUnsure && current !== undefined && sameTune({ ...current.tune, kind: 'audio' }, tune);
}
