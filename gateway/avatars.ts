import { imageType } from '../domain/photo.ts';
import type { FriendView } from '../service/friend-views.ts';
import type { Context } from './context.ts';

/** The friends with the photos that the subscriber's own book has of them, as `data:` URIs (RFC 2397). */
export async function withAvatars(
  { stores, numberKeys }: Pick<Context, 'stores' | 'numberKeys'>,
  id: string,
  views: readonly FriendView[],
): Promise<FriendView[]> {
  const held = views.flatMap(({ phoneNumber }) => (phoneNumber === null ? [] : numberKeys.of(phoneNumber)));
  const photos = await stores.photos.of(id, held);
  const photoOf = new Map(held.map((key, i) => [key, photos[i]]));
  return views.map((view) => {
    const own = view.phoneNumber === null ? [] : numberKeys.of(view.phoneNumber);
    const photo = own.map((key) => photoOf.get(key)).find((one) => one !== undefined);
    return photo === undefined ? view : { ...view, avatar: toDataUri(photo) };
  });
}

/** RFC 2397. */
export function toDataUri(photo: Buffer): string {
  return `data:${imageType(photo)};base64,${photo.toString('base64')}`;
}
