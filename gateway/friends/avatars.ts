import { toDataUri } from '../../domain/photo.ts';
import { eachInTurns } from '../../runtime/turns.ts';
import type { FriendView } from '../../service/friendship/friend-views.ts';
import type { Context } from '../context.ts';

/** The friends with their pictures as `data:` URIs: what each publishes itself, or else the photo in the subscriber's own book. */
export async function withAvatars(
  { stores, numberKeys }: Pick<Context, 'stores' | 'numberKeys'>,
  id: string,
  views: readonly FriendView[],
): Promise<FriendView[]> {
  const published = await stores.avatars.of(views.map(({ subscriberId, jid }) => ({ id: subscriberId, jid })));
  const heldOf = ({ phoneNumber }: FriendView) => (phoneNumber === null ? [] : numberKeys.of(phoneNumber));
  const held = views.flatMap((view, i) => (published[i] === undefined ? heldOf(view) : []));
  const photos = await stores.photos.of(id, held);
  const photoOf = new Map(held.map((key, i) => [key, photos[i]]));
  const shown: FriendView[] = [];
  await eachInTurns(views.entries(), ([i, view]) => {
    const photo = heldOf(view).map((key) => photoOf.get(key));
    const inBook = photo.find((one) => one !== undefined);
    shown.push({ ...view, avatar: published[i] ?? (inBook ? toDataUri(inBook) : null) });
  });
  return shown;
}
