import type { GatewayConfig } from '../../../runtime/config/gateway-config.ts';
import { type Check, type Finding, fault, ok, warning } from '../finding.ts';
import { reasonOf } from '../reach.ts';

/** Milliseconds for an answer. */
const PATIENCE = 5_000;

/** Whether EARSHOT_PUBLIC_URL leads to a gateway, and the gateway knows of the proxy that must stand before it. */
export const publicAddress: Check = {
  name: 'public-address',
  async look({ gateway, needs }) {
    if (!gateway) return [];
    needs('EARSHOT_PUBLIC_URL', 'EARSHOT_TRUSTED_PROXIES');
    const proxies = [...unknownProxy(gateway), ...everybody(gateway)];
    return gateway.publicUrl ? [...proxies, await lookAt(gateway.publicUrl)] : proxies;
  },
};

/** Whoever is believed to be a proxy says for which caller it asks. */
function everybody({ edge }: GatewayConfig): Finding[] {
  if (!edge.trustedProxies.some((network) => network.endsWith('/0'))) return [];
  return [
    fault(
      'EARSHOT_TRUSTED_PROXIES names all addresses there are: each caller could say to be another one, and no limit holds, that of codes neither; name the proxies or their network',
    ),
  ];
}

/** HTTPS outside and HTTP here: somebody between speaks TLS. */
function unknownProxy({ publicUrl, edge }: GatewayConfig): Finding[] {
  if (!publicUrl?.startsWith('https:') || edge.tls || edge.trustedProxies.length > 0) return [];
  return [
    fault(
      'EARSHOT_PUBLIC_URL is https:// and the gateway speaks http://, so a proxy is between; name it in EARSHOT_TRUSTED_PROXIES, or all the world counts as one caller',
    ),
  ];
}

async function lookAt(url: string): Promise<Finding> {
  const { host } = new URL(url);
  const response = await fetch(`${url}/livez`, { redirect: 'manual', signal: AbortSignal.timeout(PATIENCE) }).catch(
    reasonOf,
  );
  if (typeof response === 'string')
    return warning(
      `EARSHOT_PUBLIC_URL cannot be reached from here (${response}): if it is so from outside, mend the proxy, its certificate, or the name`,
    );
  const text = await response.text().catch(() => '');
  if (response.status === 200 && text.includes('"alive"')) return ok(`EARSHOT_PUBLIC_URL (${host}) leads to a gateway`);
  if ([502, 503, 504].includes(response.status))
    return warning(
      `at EARSHOT_PUBLIC_URL a proxy answers ${response.status}, as it reaches no gateway: start one, or mend the proxy's address of it`,
    );
  return fault(
    `EARSHOT_PUBLIC_URL (${host}) does not lead to a gateway (${response.status} at /livez): mend it, or where the proxy leads`,
  );
}
