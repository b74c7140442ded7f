import { BlockList, isIP } from 'node:net';

/** What an operator allows although it is internal: hosts by name, and networks. */
export type AddressGuard = {
  /** An address that may be connected to for `host`: a public one, or one that is allowed. */
  mayConnect(host: string, address: string): boolean;
  /** An address, internal or not, that the operator has named by host or network. */
  isAllowed(host: string, address: string): boolean;
  /** Whether the operator has named anything. */
  allowsAny: boolean;
};

/**
 * Networks that are nobody's on the internet, or the operator's own: "this" network, private, shared (RFC 6598), loopback,
 * link-local (metadata services among them), protocol assignments (Oracle's metadata), documentation, benchmarks, multicast, reserved. And
 * what clouds answer their own machines at although it looks public: Azure's platform (168.63.129.16), IBM's services, Google's restricted
 * interfaces; Alibaba's 100.100.100.200 is among the shared ones.
 */
const INTERNAL = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '161.26.0.0/16',
  '166.8.0.0/14',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '199.36.153.4/30',
  '199.36.153.8/30',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];

/** All of IPv6 that is global unicast, and in it what carries an IPv4 address (Teredo, 6to4; NAT64 and the metadata services are outside) or is documentation. */
const PUBLIC_IPV6 = ['2000::/3'];
const INTERNAL_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

/** An entry of the operator's list: an address, a network in CIDR notation, or the name of a host. */
export function isAllowEntry(text: string): boolean {
  const [address = '', prefix] = text.split('/');
  const version = isIP(address);
  if (version === 0) return prefix === undefined && /^[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?$/i.test(address);
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

/** @param allow entries that {@link isAllowEntry} takes */
export function createAddressGuard(allow: readonly string[]): AddressGuard {
  const internal = listOf([...INTERNAL, ...INTERNAL_IPV6]);
  const publicIpv6 = listOf(PUBLIC_IPV6);
  const networks = listOf(allow.filter((entry) => isIP(entry.split('/')[0] ?? '') !== 0));
  const hosts = new Set(allow.map((entry) => entry.toLowerCase()));

  function isInternal(address: string): boolean {
    if (contains(internal, address)) return true;
    return isIP(address) !== 4 && !isMapped(address) && !contains(publicIpv6, address);
  }
  function isAllowed(host: string, address: string): boolean {
    return hosts.has(host.toLowerCase()) || contains(networks, address);
  }
  return {
    allowsAny: allow.length > 0,
    isAllowed,
    mayConnect: (host, address) => isIP(address) !== 0 && (isAllowed(host, address) || !isInternal(address)),
  };
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    list.addSubnet(address, Number(prefix ?? (family === 'ipv4' ? 32 : 128)), family);
  }
  return list;
}

const MAPPED = listOf(['::ffff:0:0/96']);

/**
 * Whether it is an IPv4 address written as an IPv6 one (`::ffff:192.0.2.1`). `BlockList` compares
 * such an address with the IPv4 networks.
 */
function isMapped(address: string): boolean {
  return isIP(address) === 6 && MAPPED.check(address, 'ipv6');
}

function contains(list: BlockList, address: string): boolean {
  const version = isIP(address);
  return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6');
}
