import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import type { AddressGuard } from '../../runtime/internal-addresses.ts';
import { createResolve, type Permits, type Resolve } from './names.ts';
import { internalAddress } from './read-fault.ts';

const CONNECT_TIMEOUT = 10_000;

/** To one server, unless told. */
const CONNECTIONS = 2;

/**
 * Connections that lead only where the guard permits. The address is checked where it is connected
 * to, so neither a redirect nor a name that is resolved to something else the next time gets around
 * it. Without TLS only what the operator has named is permitted. `connections`: to one server; null: as
 * many as there are requests.
 */
export function createGuardedAgent(guard: AddressGuard, connections: number | null = CONNECTIONS): Agent {
  const resolve = createResolve(guard);
  const secure = connectorOf(resolve, guard.mayConnect);
  const plain = connectorOf(resolve, guard.isAllowed);
  return new Agent({
    connect: (options, callback) => (options.protocol === 'https:' ? secure : plain)(options, callback),
    connections,
  });
}

function connectorOf(resolve: Resolve, permits: Permits): buildConnector.connector {
  const connect = buildConnector({ timeout: CONNECT_TIMEOUT, lookup: lookupOf(resolve, permits) });
  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, '');
    // An address is connected to without being looked up.
    if (isIP(host) !== 0 && !permits(host, host)) callback(internalAddress(), null);
    else connect(options, callback);
  };
}

/** As the library asks for addresses: for one, or for all. */
function lookupOf(resolve: Resolve, permits: Permits): LookupFunction {
  return (host, { all }, callback) => {
    resolve(host, permits).then(
      (addresses) => {
        const [first] = addresses;
        if (all) callback(null, addresses);
        else callback(null, first?.address ?? '', first?.family);
      },
      (error: Error) => callback(error, ''),
    );
  };
}
