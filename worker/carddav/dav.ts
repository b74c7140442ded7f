import { Fault } from '../../domain/fault.ts';
import type { Multistatus, Resource } from './multistatus.ts';
import { decodePath, isIn, pathIn } from './paths.ts';
import { toStatusFault } from './read-fault.ts';
import type { DavAnswer, DavSession } from './session.ts';
import { multigetBody, propfindBody, syncBody } from './xml-request.ts';

/**
 * What differs from the state that a sync token stands for: paths of cards. `more`: ask again with
 * the new token.
 */
export type Changes = { changed: string[]; removed: string[]; syncToken: string; more: boolean };

/** A card that a collection has. `etag`: empty when the server does not tell. */
export type Listed = { path: string; etag: string };

/** A card by its path; no text: the server has none there any more. */
export type Card = { path: string; text: string | undefined };

const INSUFFICIENT_STORAGE = 507;
/** Statuses that have another cause than a sync token that the server does not know any more. */
const NOT_THE_TOKEN = [401, 404, 410, 429, 503];
/**
 * How servers say that they do not know a report, beside 403 with `supported-report` (RFC 3253,
 * section 3.1.5).
 */
const NOT_KNOWN = [400, 405, 415, 422, 501];

/**
 * What changed in a collection since a sync token, or everything without one (RFC 6578, section
 * 3.2). `stale`: the server does not know the token any more, or says something that may mean it;
 * `unsupported`: it does not know such tokens at all.
 */
export async function readChanges(
  session: DavSession,
  collection: string,
  syncToken: string,
): Promise<Changes | 'stale' | 'unsupported'> {
  // The RFC asks for 0; some servers take its absence for 0, none for anything else.
  const answer = await session({ method: 'REPORT', url: collection, depth: '0', body: syncBody(syncToken) });
  const { multistatus, status, text } = answer;
  if (multistatus) return multistatus.syncToken === '' ? 'unsupported' : toChanges(answer.url, multistatus);
  if ((status === 403 && text.includes('supported-report')) || (syncToken === '' && NOT_KNOWN.includes(status)))
    return 'unsupported';
  // RFC 6578 asks for 403 with valid-sync-token; Xandikos answers 500.
  if (syncToken !== '' && !NOT_THE_TOKEN.includes(status)) return 'stale';
  throw toStatusFault(status);
}

function toChanges(collection: string, { resources, syncToken }: Multistatus): Changes {
  const changes: Changes = { changed: [], removed: [], syncToken, more: false };
  requireInside(collection, resources);
  for (const { href, status } of resources) {
    const path = pathIn(collection, href);
    if (status === INSUFFICIENT_STORAGE) changes.more = true;
    else if (path === undefined) continue;
    else if (isGone(status)) changes.removed.push(path);
    else changes.changed.push(path);
  }
  return changes;
}

/** All cards of a collection, for servers that do not tell what changed. */
export async function readListing(session: DavSession, collection: string): Promise<Listed[]> {
  const { url, resources } = await readProperties(session, collection, '1', ['d:getetag']);
  requireInside(url, resources);
  return resources.flatMap(({ href, status, etag }) => {
    const path = pathIn(url, href);
    return path === undefined || isGone(status) ? [] : [{ path, etag }];
  });
}

/** The cards at these paths, in one request (RFC 6352, section 8.7). */
export async function readCards(session: DavSession, collection: string, paths: readonly string[]): Promise<Card[]> {
  const answer = await session({ method: 'REPORT', url: collection, depth: '0', body: multigetBody(paths) });
  const { url, resources } = requireMultistatus(answer);
  requireInside(url, resources);
  const texts = new Map<string, string | undefined>();
  for (const { href, status, card } of resources) {
    const path = pathIn(url, href);
    if (path === undefined) continue;
    if (status >= 500) throw toStatusFault(status);
    texts.set(decodePath(path), isGone(status) ? undefined : (card ?? ''));
  }
  return paths.map((path) => ({ path, text: texts.get(decodePath(path)) }));
}

/**
 * Properties of one resource, or with depth 1 of its members. `url`: where they are, after
 * redirects. @throws Fault
 */
export async function readProperties(
  session: DavSession,
  url: string,
  depth: '0' | '1',
  properties: readonly string[],
): Promise<{ url: string; resources: Resource[] }> {
  return requireMultistatus(await session({ method: 'PROPFIND', url, depth, body: propfindBody(properties) }));
}

/** @throws Fault that tells what a status means */
function requireMultistatus({ multistatus, status, url }: DavAnswer): { url: string; resources: Resource[] } {
  if (!multistatus) throw toStatusFault(status);
  return { url, resources: multistatus.resources };
}

/**
 * Refuses an answer of which no resource is the collection or in it: a server that answers about other
 * places only tells nothing of this one. @throws Fault INVALID_ARGUMENT
 */
function requireInside(collection: string, resources: readonly Resource[]): void {
  if (resources.length > 0 && !resources.some(({ href }) => isIn(collection, href)))
    throw new Fault(
      'INVALID_ARGUMENT',
      'The server answers about other places than the address book; link the URL at which it is.',
    );
}

function isGone(status: number): boolean {
  return status === 404 || status === 410;
}
