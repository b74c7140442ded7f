import { type DAVResponse, davRequest, propfind, syncCollection } from 'tsdav';
import { Fault } from '../../domain/fault.ts';
import type { GuardedFetch } from './guarded-fetch.ts';
import { decodePath, pathIn } from './paths.ts';
import { toStatusFault } from './read-fault.ts';

/** What differs from the state that a sync token stands for: paths of cards. `more`: ask again with the new token. */
export type Changes = { changed: string[]; removed: string[]; syncToken: string; more: boolean };

/** A card by its path; no text: the server has none there any more. */
export type Card = { path: string; text: string | undefined };

const INSUFFICIENT_STORAGE = 507;

/**
 * What changed in a collection since a sync token, or everything without one (RFC 6578, section 3.2); `stale`: the server does
 * not know the token any more, or says something that may mean it.
 */
export async function readChanges(
  { fetch }: GuardedFetch,
  collection: string,
  syncToken: string,
): Promise<Changes | 'stale'> {
  const answers = await syncCollection({
    url: collection,
    props: { 'd:getetag': {} },
    syncLevel: 1,
    syncToken,
    // The RFC asks for 0; some servers take its absence for 0, none for anything else.
    headers: { depth: '0' },
    fetch,
  });
  const [first] = answers;
  if (first && !isMultistatus(first)) {
    // RFC 6578 asks for 403 with valid-sync-token; Xandikos answers 500.
    if (syncToken !== '' && ![401, 404, 429, 503].includes(first.status)) return 'stale';
    throw toStatusFault(first.status);
  }
  return toChanges(answers, collection);
}

function toChanges(answers: readonly DAVResponse[], collection: string): Changes {
  const changes: Changes = { changed: [], removed: [], syncToken: '', more: false };
  const raw = answers[0]?.raw as { multistatus?: { syncToken?: unknown } } | undefined;
  changes.syncToken = textOf(raw?.multistatus?.syncToken);
  if (changes.syncToken === '') throw noSync();
  for (const { href, status } of answers) {
    const path = pathIn(collection, textOf(href));
    if (status === INSUFFICIENT_STORAGE) changes.more = true;
    else if (path === undefined) continue;
    else if (status === 404 || status === 410) changes.removed.push(path);
    else changes.changed.push(path);
  }
  return changes;
}

/** The cards at these paths, in one request (RFC 6352, section 8.7). */
export async function readCards(
  { fetch }: GuardedFetch,
  collection: string,
  paths: readonly string[],
): Promise<Card[]> {
  const answers = await davRequest({
    url: collection,
    init: {
      method: 'REPORT',
      namespace: 'card',
      headers: { depth: '0' },
      body: {
        'addressbook-multiget': {
          _attributes: { 'xmlns:d': 'DAV:', 'xmlns:card': 'urn:ietf:params:xml:ns:carddav' },
          'd:prop': { 'd:getetag': {}, 'card:address-data': {} },
          'd:href': [...paths],
        },
      },
    },
    fetch,
  });
  const [first] = answers;
  if (first && !isMultistatus(first)) throw toStatusFault(first.status);
  const texts = new Map<string, string | undefined>();
  for (const { href, status, props } of answers) {
    const path = pathIn(collection, textOf(href));
    if (path === undefined) continue;
    if (status >= 500) throw toStatusFault(status);
    texts.set(decodePath(path), status === 404 || status === 410 ? undefined : textOf(props?.addressData));
  }
  return paths.map((path) => ({ path, text: texts.get(decodePath(path)) }));
}

/** Properties of one resource, or with depth 1 of its members; the first is the resource's own. @throws Fault */
export async function readProperties(
  { fetch }: GuardedFetch,
  url: string,
  depth: '0' | '1',
  props: readonly string[],
): Promise<DAVResponse[]> {
  const answers = await propfind({ url, depth, props: Object.fromEntries(props.map((name) => [name, {}])), fetch });
  const [first] = answers;
  if (first && !isMultistatus(first)) throw toStatusFault(first.status);
  return answers;
}

/** The text of an element as tsdav gives it: a text, CDATA in pieces, or nothing. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return `${value}`;
  const cdata = (value as { _cdata?: unknown } | undefined)?._cdata;
  return Array.isArray(cdata) ? cdata.join('') : typeof cdata === 'string' ? cdata : '';
}

function isMultistatus({ raw }: DAVResponse): boolean {
  return typeof raw === 'object' && raw !== null && 'multistatus' in raw;
}

function noSync(): Fault {
  return new Fault(
    'INVALID_ARGUMENT',
    'The server does not say what changes (sync-collection, RFC 6578), by which alone address books are read.',
  );
}
