import type { Static } from 'typebox';
import type { SourceCredentials } from '../../domain/book/source.ts';
import { Fault } from '../../domain/fault.ts';
import { readOutsideUrl, type UrlFault } from '../../runtime/outside-url.ts';
import type { SourceInfo } from '../../store/source/sources.ts';
import type { SourceBody, SourceView } from '../schemas/sources.ts';

type Body = Static<typeof SourceBody>;

/** What is wrong with the URL of a source, and what to do. */
const URL_FAULTS: Record<UrlFault, string> = {
  'no-url': 'url must be the https URL of an address book or of a CardDAV server.',
  credentials: 'url must not hold credentials; send username and password.',
  internal: 'url names an internal address; the operator can allow it (EARSHOT_SOURCE_ALLOW).',
  plain: 'url must be https: credentials and contacts go over this connection.',
};

/** The URL of a source. @throws Fault INVALID_ARGUMENT */
export function toSourceUrl(text: string, allow: readonly string[]): string {
  const url = readOutsideUrl(text, allow);
  if (typeof url === 'string') throw new Fault('INVALID_ARGUMENT', URL_FAULTS[url]);
  return url.href;
}

/** @throws Fault INVALID_ARGUMENT */
export function toCredentials({ username, password, bearerToken }: Body): SourceCredentials {
  const basic = username !== undefined || password !== undefined;
  if (basic && bearerToken !== undefined)
    throw new Fault('INVALID_ARGUMENT', 'Send username and password, or bearerToken, not both.');
  if (bearerToken !== undefined) return { bearerToken };
  if (username !== undefined && password !== undefined) return { username, password };
  if (basic) throw new Fault('INVALID_ARGUMENT', 'username and password go together.');
  return {};
}

/** A source as its owner sees it; never the credentials. */
export function toSourceView(source: SourceInfo, now: number): Static<typeof SourceView> {
  const { name, url, collection, next, lastRead, problem, contacts, rejected } = source;
  return {
    name,
    ...(url === '' ? {} : { url }),
    ...(collection === undefined ? {} : { collection }),
    state: next <= now ? 'reading' : problem ? 'failing' : 'current',
    contacts,
    ...(lastRead === undefined ? {} : { lastReadAt: new Date(lastRead).toISOString() }),
    ...(Number.isFinite(next) ? { nextReadAt: new Date(next).toISOString() } : {}),
    ...(problem && { problem }),
    rejected: rejected.map(({ reason, cards }) => ({ detail: reason, cards })),
  };
}
