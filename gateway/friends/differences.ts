import { NOTHING, presenceLine } from './lines.ts';
import type { Glance, Listener, Person, Told } from './listener.ts';
import { pictureUrl, versionOf } from './pictures.ts';
import type { Seen } from './seen.ts';

/** Writes what the client does not know yet of a friend of whom it knows already; false when the photo in its own book has to be looked for. */
export function tellDifference(listener: Listener, person: Person, told: Told, { seen, tune }: Glance): boolean {
  const { writer } = listener;
  if (told.tune !== tune) {
    told.tune = tune;
    writer.write(tune === NOTHING ? seen.nothingLine() : seen.tuneLine());
  }
  const published = seen.avatar === undefined ? undefined : versionOf(seen.avatar);
  if (published !== undefined && published !== told.picture) tellPicture(listener, person, told, seen, published);
  else if (told.presence !== seen.presence) writer.write(seen.presenceLine());
  told.presence = seen.presence;
  return published !== undefined || !told.isPublished;
}

/** Writes that the friend has another picture. */
export function tellPicture(
  { id, writer }: Listener,
  person: Person,
  told: Told,
  { online, avatar }: Seen,
  picture: string | undefined,
): void {
  told.picture = picture;
  told.isPublished = avatar !== undefined;
  writer.write(presenceLine(person.id, online, pictureUrl(id, person.id, picture)));
}
