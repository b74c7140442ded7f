import { isIP } from 'node:net';
import type { Static } from 'typebox';
import type { SourceCredentials } from '../../domain/book/source.ts';
import { Fault } from '../../domain/fault.ts';
import { createAddressGuard } from '../../runtime/internal-addresses.ts';
import type { SourceInfo } from '../../store/source/sources.ts';
import type { SourceBody, SourceView } from '../schemas/sources.ts';

type Body = Static<typeof SourceBody>;

/**
 * The URL of a source, as far as it can be judged without asking for its name: the worker judges the address that it connects to.
 * @throws Fault INVALID_ARGUMENT
 */
export function toSourceUrl(text: string, allow: readonly string[]): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '')
    throw new Fault('INVALID_ARGUMENT', 'url must be the https URL of an address book or of a CardDAV server.');
  if (url.username !== '' || url.password !== '')
    throw new Fault('INVALID_ARGUMENT', 'url must not hold credentials; send username and password.');
  url.hash = '';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const guard = createAddressGuard(allow);
  if (isIP(host) !== 0 && !guard.mayConnect(host, host))
    throw new Fault(
      'INVALID_ARGUMENT',
      'url names an internal address; the operator can allow it (EARSHOT_SOURCE_ALLOW).',
    );
  const plainAllowed = isIP(host) === 0 ? allow.length > 0 : guard.isAllowed(host, host);
  if (url.protocol === 'http:' && !plainAllowed)
    throw new Fault('INVALID_ARGUMENT', 'url must be https: credentials and contacts go over this connection.');
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
    rejected,
  };
}
