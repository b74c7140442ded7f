import type { DAVResponse } from 'tsdav';
import { Fault } from '../../domain/fault.ts';
import { readProperties, textOf } from './dav.ts';
import type { GuardedFetch } from './guarded-fetch.ts';

const PROPERTIES = ['d:resourcetype', 'd:current-user-principal', 'card:addressbook-home-set'];
const WELL_KNOWN = '/.well-known/carddav';

/**
 * The address book that a URL leads to: the URL itself, or the first one of the user whom the credentials name. A server that serves no
 * DAV at its root is asked for the well-known place (RFC 6764, section 6).
 * @throws Fault NOT_FOUND and others
 */
export async function findCollection(fetch: GuardedFetch, url: string): Promise<string> {
  const isRoot = new URL(url).pathname === '/';
  const place = await look(fetch, url).catch((error: unknown) => {
    if (isRoot) return undefined;
    throw error;
  });
  if (place && isAddressBook(place.own)) return place.url;
  const found = place && (await firstOf(fetch, place));
  if (found !== undefined) return found;
  const known = isRoot ? await firstOf(fetch, await look(fetch, new URL(WELL_KNOWN, url).href)) : undefined;
  if (known === undefined) throw new Fault('NOT_FOUND', 'There is no address book at this URL, nor one of this user.');
  return known;
}

type Place = { url: string; own: DAVResponse };

async function look(fetch: GuardedFetch, url: string): Promise<Place> {
  const [own] = await readProperties(fetch, url, '0', PROPERTIES);
  if (own === undefined) throw new Fault('NOT_FOUND', 'There is no address book at this URL.');
  return { url: fetch.landed(url), own };
}

/** By way of the user's principal and its home, as far as they are told. */
async function firstOf(fetch: GuardedFetch, place: Place): Promise<string | undefined> {
  const principal = hrefOf(place, 'currentUserPrincipal');
  const person = principal === undefined || principal === place.url ? place : await look(fetch, principal);
  const home = hrefOf(person, 'addressbookHomeSet');
  if (home === undefined) return undefined;
  const members = await readProperties(fetch, home, '1', ['d:resourcetype']);
  const [first] = members.filter(isAddressBook).map((member) => new URL(textOf(member.href), fetch.landed(home)).href);
  return first;
}

function isAddressBook({ props }: DAVResponse): boolean {
  const type = props?.resourcetype as unknown;
  return typeof type === 'object' && type !== null && 'addressbook' in type;
}

/** The URL in a property; of several the first. */
function hrefOf({ url, own }: Place, property: string): string | undefined {
  const value = own.props?.[property] as { href?: unknown } | undefined;
  const href = textOf(Array.isArray(value?.href) ? value.href[0] : value?.href);
  return URL.canParse(href, url) && href !== '' ? new URL(href, url).href : undefined;
}
