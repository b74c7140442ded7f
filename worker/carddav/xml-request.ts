import { stripForbidden } from '../../domain/text.ts';

/**
 * Bodies of the requests (RFC 4918, section 14.20; RFC 6352, section 8.7; RFC 6578, section 6.1).
 * `d` is DAV, `c` is CardDAV.
 */

const SPACES = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav"';

/** `properties`: names with their prefixes. */
export function propfindBody(properties: readonly string[]): string {
  return document('d:propfind', propOf(properties));
}

/** What has changed since that token; empty: everything (RFC 6578, section 3.2). */
export function syncBody(syncToken: string): string {
  const since = `<d:sync-token>${escaped(syncToken)}</d:sync-token><d:sync-level>1</d:sync-level>`;
  return document('d:sync-collection', since + propOf(['d:getetag']));
}

/** These cards, with their ETags (RFC 6352, section 8.7). */
export function multigetBody(paths: readonly string[]): string {
  const hrefs = paths.map((path) => `<d:href>${escaped(path)}</d:href>`);
  return document('c:addressbook-multiget', propOf(['d:getetag', 'c:address-data']) + hrefs.join(''));
}

function propOf(names: readonly string[]): string {
  return `<d:prop>${names.map((name) => `<${name}/>`).join('')}</d:prop>`;
}

function document(root: string, content: string): string {
  return `<?xml version="1.0" encoding="utf-8"?><${root} ${SPACES}>${content}</${root}>`;
}

function escaped(text: string): string {
  return stripForbidden(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
