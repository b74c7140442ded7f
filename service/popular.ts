import { type Popular, popularIn } from '../domain/popular.ts';
import { maySee, OPEN } from '../domain/privacy.ts';
import type { ServiceContext } from './context.ts';

/** What at least three friends of `id` have played and let this one see, as they do at this moment. */
export async function popularAmongFriends(
  { stores, config, now }: Pick<ServiceContext, 'stores' | 'config' | 'now'>,
  id: string,
): Promise<Popular[]> {
  if (config.popular === 'off') return [];
  const ids = (await stores.friends.list(id)).map((friend) => friend.id);
  const [privacies, theirs, histories] = await Promise.all([
    stores.privacies.of(ids),
    stores.friends.ofEach(ids, id),
    stores.recent.of(ids, now()),
  ]);
  return popularIn(histories.filter((_, i) => maySee(privacies[i] ?? OPEN, theirs[i], now())));
}
