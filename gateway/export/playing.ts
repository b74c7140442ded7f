import { OUTLETS, type OutletName } from '../../domain/playing/outlets.ts';
import { lastTold, type Told } from '../../domain/playing/told.ts';
import { tuneView } from '../../service/friendship/friend-views.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Context } from '../context.ts';
import { toTime } from './section.ts';

/** What each device plays, and what each outlet was last told. */
export async function exportNowPlaying({ stores }: Context, { id }: Subscriber) {
  const { devices } = await stores.nowPlaying.read(id);
  const told = await Promise.all(OUTLETS.map(async ({ name }) => toldView(name, await stores.told.read(id, name))));
  return {
    devices: devices.map((playing) => ({
      ...tuneView(playing),
      device: playing.device,
      ...(playing.player === undefined ? {} : { player: playing.player }),
    })),
    told: told.flat(),
  };
}

/** Nothing where Earshot has told it nothing, as where it shows what the user's own client has published, or nobody knows what it shows. */
function toldView(outlet: OutletName, told: Told) {
  if (!('at' in told)) return [];
  return [{ outlet, at: toTime(told.at), address: told.address ?? '', what: lastTold(told) ?? '' }];
}

/** The clients that are connected now. */
export async function exportPresence({ stores }: Context, { jid }: Subscriber) {
  const [resources = []] = await stores.presences.of([jid]);
  return resources;
}

/** The picture that the account publishes, as it was last found; null when nobody has looked. */
export async function exportAvatar({ stores }: Context, { id }: Subscriber) {
  const kept = await stores.avatars.kept(id);
  return kept ? { jid: kept.jid, image: kept.image ?? null, at: toTime(kept.at) } : null;
}

/** What was shown to friends within seven days, the newest first. */
export async function exportRecentlyPlayed({ stores, now }: Context, { id }: Subscriber) {
  const [history = []] = await stores.recent.of([id], now());
  return history.sort((a, b) => b.at - a.at).map((played) => ({ ...played.read(), playedAt: toTime(played.at) }));
}
