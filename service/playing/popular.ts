import { maySee, OPEN } from '../../domain/friendship/privacy.ts';
import { type Popular, popularIn } from '../../domain/playing/popular.ts';
import type { ServiceContext } from '../context.ts';

/**
 * What at least three friends of `id` have played and let this one see, as they do at this moment. Only what was played while `id` was their friend: so
 * it tells nothing that `id` was not shown when it played (decision 109).
 */
export async function popularAmongFriends(
  { stores, config, now }: Pick<ServiceContext, 'stores' | 'config' | 'now'>,
  id: string,
): Promise<Popular[]> {
  if (config.popular === 'off') return [];
  const ids = (await stores.friends.list(id)).map((friend) => friend.id);
  // Before the consent, or what was played after a change of that could be counted by what held before.
  const histories = await stores.recent.of(ids, now());
  const [privacies, theirs] = await Promise.all([stores.privacies.of(ids), stores.friends.ofEachDecided(ids, id)]);
  const shown = histories.map((history, i) => {
    const [privacy, own] = [privacies[i] ?? OPEN, theirs[i]];
    const since = own?.since;
    if (since === undefined || !maySee(privacy, own, now())) return [];
    return history.filter(({ at }) => at >= since);
  });
  return popularIn(shown);
}
