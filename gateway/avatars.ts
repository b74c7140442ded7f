import { imageType } from '../domain/photo.ts';
import type { Context } from './context.ts';
import type { FriendView } from './views.ts';

/** The friends with the photos that the subscriber's own book has of them, as `data:` URIs (RFC 2397). */
export async function withAvatars(
  { stores, numberKeyOf }: Pick<Context, 'stores' | 'numberKeyOf'>,
  id: string,
  views: readonly FriendView[],
): Promise<FriendView[]> {
  const held = views.flatMap(({ phoneNumber }) => (phoneNumber === null ? [] : [numberKeyOf(phoneNumber)]));
  const photos = await stores.photos.of(id, held);
  const photoOf = new Map(held.map((key, i) => [key, photos[i]]));
  return views.map((view) => {
    const photo = view.phoneNumber === null ? undefined : photoOf.get(numberKeyOf(view.phoneNumber));
    return photo === undefined ? view : { ...view, avatar: toDataUri(photo) };
  });
}

function toDataUri(photo: Buffer): string {
  return `data:${imageType(photo)};base64,${photo.toString('base64')}`;
}
