import { isIP, isIPv4, type Server, type Socket } from 'node:net';
import type { Asking } from '../../service/login/verification.ts';

/** Whom all stand for whose connection had ended before anybody could ask for their address. */
const GONE = 'gone';

/**
 * Node tells the address of a connection that has ended only where it was asked before. A caller who hangs up keeps it, for the
 * limits and for the audit trail.
 */
export function rememberAddresses(server: Server): void {
  const remember = ({ remoteAddress }: Socket) => remoteAddress;
  server.on('connection', remember).on('secureConnection', remember);
}

/** Whom an address stands for: an IPv4 address for itself, an IPv6 address for its /64, which one customer has as a whole. */
export function networkOf(address: string | undefined): string {
  if (address === undefined) return GONE;
  const mapped = /^::ffff:(.+)$/i.exec(address)?.[1];
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  return isIP(address) === 6 ? `${firstGroups(address, 4)}::/64` : address;
}

/** The /48 of an IPv6 address: what one customer can have of networks. Undefined for IPv4. */
function siteOf(address: string | undefined): string | undefined {
  return address && networkOf(address).endsWith('::/64') ? `${firstGroups(address, 3)}::/48` : undefined;
}

/** Who asks for a code from this address. */
export function askingOf(address: string | undefined): Asking {
  return { network: networkOf(address), site: siteOf(address) };
}

function firstGroups(address: string, count: number): string {
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::');
  const before = head.split(':').filter(Boolean);
  const after = (tail ?? '').split(':').filter(Boolean);
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array<string>(Math.max(zeros, 0)).fill('0'), ...after].slice(0, count);
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':');
}
