import { isIP } from 'node:net';
import { createAddressGuard } from './internal-addresses.ts';

/** What is wrong with the URL of somebody else's server. `plain`: it is not https. */
export type UrlFault = 'no-url' | 'credentials' | 'internal' | 'plain';

/**
 * The URL of a server that a stranger has named, as far as it can be judged without asking for its name: whoever connects judges the
 * address. `allow`: hosts and networks that the operator lets be internal, and without TLS.
 */
export function readOutsideUrl(text: string, allow: readonly string[]): { href: string } | UrlFault {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '') return 'no-url';
  if (url.username !== '' || url.password !== '') return 'credentials';
  url.hash = '';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const guard = createAddressGuard(allow);
  if (isIP(host) !== 0 && !guard.mayConnect(host, host)) return 'internal';
  const plainAllowed = isIP(host) === 0 ? allow.length > 0 : guard.isAllowed(host, host);
  return url.protocol === 'http:' && !plainAllowed ? 'plain' : { href: url.href };
}
