import { shares } from '../../domain/friendship/privacy.ts';
import { currentOf } from '../../domain/playing/tune.ts';
import type { ComponentConfig } from '../../runtime/config.ts';
import type { Context } from '../context.ts';
import { letGo } from './access.ts';
import { leftToDo } from './left-to-do.ts';

/**
 * The `tune` job where the server grants no privileges: what the user's node shows is the affair of the user's own client. What plays
 * ends in time, whoever looks at the web page is told, and nobody waits for a screen to be cleared.
 */
export function createQuietOutbox(
  context: Context,
  { popular }: Pick<ComponentConfig, 'popular'>,
): (id: string) => Promise<void> {
  const { stores, now } = context;

  return async (id) => {
    // In this order, as in the other outbox.
    const [seen, subscriber, { privacy }] = await Promise.all([
      stores.nowPlaying.read(id),
      stores.subscribers.record(id),
      stores.privacies.read(id),
    ]);
    if (!subscriber) return stores.nowPlaying.forget(id);
    await letGo(context, id, await stores.sharing.partings(id));
    const time = now();
    const playing = currentOf(seen.devices, time);
    if (playing && popular === 'on' && subscriber.state === 'active' && shares(privacy, time))
      await stores.recent.note(id, privacy.audience, playing.tune, playing.since);
    await stores.nowPlaying.pass(id, seen, leftToDo(subscriber, seen, privacy, true, time));
    await stores.events.tell(id, { what: 'now-playing' });
  };
}
