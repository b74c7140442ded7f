import { type LookupAddress, lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import type { AddressGuard } from '../../runtime/internal-addresses.ts';
import { internalAddress, nowhere } from './read-fault.ts';

type Permits = (host: string, address: string) => boolean;

const CONNECT_TIMEOUT = 10_000;

/**
 * Connections that lead only where the guard permits. The address is checked where it is connected
 * to, so neither a redirect nor a name that is resolved to something else the next time gets around
 * it. Without TLS only what the operator has named is permitted.
 */
export function createGuardedAgent(guard: AddressGuard): Agent {
  const secure = connectorOf(guard.mayConnect);
  const plain = connectorOf(guard.isAllowed);
  return new Agent({
    connect: (options, callback) => (options.protocol === 'https:' ? secure : plain)(options, callback),
    connections: 2,
  });
}

function connectorOf(permits: Permits): buildConnector.connector {
  const connect = buildConnector({ timeout: CONNECT_TIMEOUT, lookup: lookupOf(permits) });
  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, '');
    // An address is connected to without being looked up.
    if (isIP(host) !== 0 && !permits(host, host)) callback(internalAddress(), null);
    else connect(options, callback);
  };
}

/**
 * Resolves a host's name. If one of its addresses is not permitted none is: who mixes public and
 * internal addresses does so on purpose. The error is the same as for a name that does not exist,
 * so it tells nothing of the operator's network.
 */
function lookupOf(permits: Permits): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, addresses: LookupAddress[] = []) => {
      const [first] = addresses;
      if (error || first === undefined) callback(error, '');
      else if (!addresses.every(({ address }) => permits(host, address))) callback(nowhere(), '');
      else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
