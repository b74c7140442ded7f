import { Fault } from '../../domain/fault.ts';
import { readProperties } from './dav.ts';
import type { Resource } from './multistatus.ts';
import { toStatusFault } from './read-fault.ts';
import type { DavSession } from './session.ts';

const PROPERTIES = ['d:resourcetype', 'd:current-user-principal', 'c:addressbook-home-set'];
const WELL_KNOWN = '/.well-known/carddav';

/**
 * The address book that a URL leads to: the URL itself, or the first one of the user whom the
 * credentials name. A server that serves no DAV at its root is asked for the well-known place (RFC
 * 6764, section 6). @throws Fault NOT_FOUND and others
 */
export async function findCollection(session: DavSession, url: string): Promise<string> {
  const isRoot = new URL(url).pathname === '/';
  const place = await look(session, url).catch((error: unknown) => {
    if (isRoot) return undefined;
    throw error;
  });
  const found = place && (await bookAt(session, place));
  if (found !== undefined) return found;
  const known = isRoot ? await bookAt(session, await look(session, new URL(WELL_KNOWN, url).href)) : undefined;
  if (known === undefined) throw new Fault('NOT_FOUND', 'There is no address book at this URL, nor one of this user.');
  return known;
}

type Place = { url: string; own: Resource };

async function look(session: DavSession, from: string): Promise<Place> {
  const { url, resources } = await readProperties(session, from, '0', PROPERTIES);
  const [own] = resources;
  if (own === undefined) throw new Fault('NOT_FOUND', 'There is no address book at this URL.');
  if (own.status >= 400) throw toStatusFault(own.status);
  return { url, own };
}

/**
 * The place itself, or the first one by way of the user's principal and its home, as far as they
 * are told.
 */
async function bookAt(session: DavSession, place: Place): Promise<string | undefined> {
  if (place.own.isAddressBook) return place.url;
  const principal = resolve(place, place.own.principal);
  const person = principal === undefined || principal === place.url ? place : await look(session, principal);
  const home = resolve(person, person.own.home);
  if (home === undefined) return undefined;
  const { url, resources } = await readProperties(session, home, '1', ['d:resourcetype']);
  const [first] = resources.filter(({ isAddressBook }) => isAddressBook);
  return resolve({ url }, first?.href);
}

function resolve({ url }: { url: string }, href = ''): string | undefined {
  return href !== '' && URL.canParse(href, url) ? new URL(href, url).href : undefined;
}
