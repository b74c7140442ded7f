import { fromDataUri, imageType } from '../../domain/photo.ts';
import type { FriendView } from '../../service/friendship/friend-views.ts';
import type { Context } from '../context.ts';

type Deps = Pick<Context, 'stores' | 'numberKeys'>;
type Pictured = Pick<FriendView, 'subscriberId' | 'jid' | 'phoneNumber'>;

/** An image, its media type, and its version. */
export type Picture = { image: Buffer; type: string; version: string };

/** Characters of a version: enough that no two pictures of a friend share them. */
const VERSION = 16;

/**
 * Which picture is shown of a friend, as a version that another picture does not have: what the
 * friend publishes itself, or else the photo in the subscriber's own book. The picture itself has a
 * URL of its own, so that each is sent once to whoever looks, and never in a list or a stream.
 */
export async function withPictures(deps: Deps, id: string, views: readonly FriendView[]): Promise<FriendView[]> {
  const people = views.map(({ subscriberId, jid }) => ({ id: subscriberId, jid }));
  const pictures = await picturesOf(deps, id, views, await deps.stores.avatars.hashesOf(people));
  return views.map((view, i) => ({ ...view, avatar: pictureUrl(id, view.subscriberId, pictures[i]) }));
}

/** The versions, in the order of `people`. `published`: those of the pictures that they publish. */
export async function picturesOf(
  { stores, numberKeys }: Deps,
  id: string,
  people: readonly Pictured[],
  published: readonly (string | undefined)[],
): Promise<(string | undefined)[]> {
  const heldOf = people.map(({ phoneNumber }, i) =>
    phoneNumber === null || published[i] !== undefined ? [] : numberKeys.of(phoneNumber),
  );
  const held = heldOf.flat();
  const photos = await stores.photos.of(id, held);
  const photoOf = new Map(held.map((key, i) => [key, photos[i]]));
  return published.map((hash, i) => {
    const inBook = heldOf[i]?.map((key) => photoOf.get(key)).find((photo) => photo !== undefined);
    const name = hash ?? inBook?.name;
    return name === undefined ? undefined : versionOf(name);
  });
}

/** `name`: a digest of the picture, as it is kept. */
export function versionOf(name: string): string {
  return name.slice(0, VERSION);
}

/** Where the picture is to be had; null where there is none. */
export function pictureUrl(id: string, friend: string, version: string | undefined): string | null {
  return version === undefined ? null : `/v1/subscribers/${id}/friends/${friend}/avatar?v=${version}`;
}

/** The picture of one friend. */
export async function pictureOf(
  { stores, numberKeys }: Deps,
  id: string,
  { subscriberId, jid, phoneNumber }: Pictured,
): Promise<Picture | undefined> {
  const published = await stores.avatars.shown(subscriberId, jid);
  if (published) return toPicture(fromDataUri(published.image), published.hash);
  const photos = await stores.photos.of(id, phoneNumber === null ? [] : numberKeys.of(phoneNumber));
  const photo = photos.find((one) => one !== undefined);
  const image = photo && (await stores.photos.image(id, photo));
  return photo && image && toPicture(image, photo.name);
}

function toPicture(image: Buffer, name: string): Picture | undefined {
  const type = imageType(image);
  return type === undefined ? undefined : { image, type, version: versionOf(name) };
}
