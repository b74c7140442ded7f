import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { readTls } from '../../../gateway/connection/tls.ts';
import { type Check, type Finding, fault, ok, warning } from '../finding.ts';

const DAY = 86_400_000;
/** Days before its end at which a certificate should have been renewed. */
const SOON = 14;

/** Whether the gateway's own certificate can be used, and how long it is good. @throws Fault INVALID_ARGUMENT */
export const certificate: Check = {
  name: 'certificate',
  async look({ gateway, needs }) {
    if (!gateway?.edge.tls) return [];
    needs('EARSHOT_TLS_CERT_FILE', 'EARSHOT_TLS_KEY_FILE');
    const { cert } = await readTls(gateway.edge.tls);
    return judge(new X509Certificate(cert as Buffer), gateway.publicUrl, Date.now());
  },
};

/** `now`: milliseconds since the epoch. */
export function judge(chain: X509Certificate, publicUrl: string | undefined, now: number): Finding {
  const days = Math.floor((Date.parse(chain.validTo) - now) / DAY);
  if (days < 0)
    return fault(
      'the certificate of EARSHOT_TLS_CERT_FILE has expired: renew it; a gateway that runs takes the new one by itself',
    );
  const host = publicUrl?.startsWith('https:') ? new URL(publicUrl).hostname : undefined;
  if (host !== undefined && !(isIP(host) ? chain.checkIP(host) : chain.checkHost(host)))
    return fault(
      `the certificate of EARSHOT_TLS_CERT_FILE is not for ${host}, which EARSHOT_PUBLIC_URL names: have one made for it`,
    );
  const what = `the certificate of EARSHOT_TLS_CERT_FILE is good for ${days} days more`;
  return days < SOON ? warning(`${what}: renew it; a gateway that runs takes the new one by itself`) : ok(what);
}
