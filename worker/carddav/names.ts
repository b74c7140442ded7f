import { promises as dns, type LookupAddress } from 'node:dns';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AddressGuard } from '../../runtime/internal-addresses.ts';
import { nowhere } from './read-fault.ts';

/** Milliseconds that a name server has for an answer, and how often it is asked. */
const PATIENCE = { timeout: 1_000, tries: 2 };
/**
 * Milliseconds after which a name is refused: longer than any answer takes. Names of the operator's
 * network are answered by a name server nearby, in less time than those that nobody has.
 */
const REFUSED_AFTER = 3_000;

/** Whether an address may be connected to for a host. */
export type Permits = (host: string, address: string) => boolean;
export type Resolve = (host: string, permits: Permits) => Promise<LookupAddress[]>;

/**
 * Resolves the names of servers that strangers have named. If one of a name's addresses is not permitted none is: who mixes
 * public and internal addresses does so on purpose. That is refused with the same words, and after the same time, as a name
 * that nobody has, so it tells nothing of the operator's network.
 *
 * The system's own look-up takes one of four threads that the whole process has, for as long as a
 * stranger's name server hangs. So it is asked only for what an operator may have named: hosts by
 * name, and where internal networks are allowed, what the name servers do not know.
 * `servers`: other name servers than the system's. `pause`: begins with a question, and ends when a name is refused at the earliest.
 */
export function createResolve(
  { isAllowed, allowsAny }: AddressGuard,
  { servers, pause = () => sleep(REFUSED_AFTER) }: { servers?: readonly string[]; pause?: () => Promise<void> } = {},
): Resolve {
  const resolver = new dns.Resolver(PATIENCE);
  if (servers) resolver.setServers(servers);

  async function asked(host: string): Promise<LookupAddress[]> {
    const [v4, v6] = await Promise.all([resolver.resolve4(host).catch(none), resolver.resolve6(host).catch(none)]);
    return [...v4.map((address) => ({ address, family: 4 })), ...v6.map((address) => ({ address, family: 6 }))];
  }
  async function found(host: string): Promise<LookupAddress[]> {
    const addresses = isAllowed(host, '') ? [] : await asked(host);
    return addresses.length > 0 || !allowsAny ? addresses : dns.lookup(host, { all: true }).catch(none);
  }

  return async (host, permits) => {
    const late = pause();
    const addresses = await found(host);
    if (addresses.length > 0 && addresses.every(({ address }) => permits(host, address))) return addresses;
    await late;
    throw nowhere();
  };
}

function none(): [] {
  return [];
}
