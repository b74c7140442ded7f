import { Fault } from '../../../domain/fault.ts';
import { createKeys } from '../../../gateway/access/assertion-keys.ts';
import { findKeySet } from '../../../gateway/access/issuer-metadata.ts';
import { fetchKeys } from '../../../gateway/access/remote-keys.ts';
import type { GatewayConfig } from '../../../runtime/config/gateway-config.ts';
import { type Check, type Finding, fault, ok } from '../finding.ts';
import { reasonOf } from '../reach.ts';

/** Keys of somebody whose tokens are taken: `setting` names their place, `fetch` gets them. */
type Issuer = { setting: string; host: string; fetch(): Promise<unknown> };

/** Whether the keys of those whose tokens and assertions are taken can be had. */
export const issuers: Check = {
  name: 'issuers',
  async look({ gateway, needs }) {
    if (!gateway) return [];
    needs('EARSHOT_OAUTH_ISSUER', 'EARSHOT_OAUTH_JWKS_URL', 'EARSHOT_ASSERTION_JWKS_URL');
    return Promise.all(issuersOf(gateway).map(lookAt));
  },
};

function issuersOf({ edge: { oauth }, assertions }: GatewayConfig): Issuer[] {
  const given = oauth?.jwksUrl;
  const own: Issuer[] = oauth
    ? [
        given === undefined
          ? {
              setting: 'EARSHOT_OAUTH_ISSUER',
              host: hostOf(oauth.issuer),
              fetch: async () => fetchKeys(await findKeySet(oauth.issuer)),
            }
          : { setting: 'EARSHOT_OAUTH_JWKS_URL', host: hostOf(given), fetch: () => fetchKeys(given) },
      ]
    : [];
  const carriers = assertions.issuers.map(({ keys }) => ({
    setting: 'EARSHOT_ASSERTION_JWKS_URL',
    host: hostOf(keys),
    fetch: async () => (keys.startsWith('file:') ? createKeys(keys, Date.now) : fetchKeys(keys)),
  }));
  return [...own, ...carriers];
}

async function lookAt({ setting, host, fetch }: Issuer): Promise<Finding> {
  try {
    await fetch();
    return ok(`the keys of ${setting} (${host}) can be had`);
  } catch (err) {
    if (err instanceof Fault) return fault(err.message);
    return fault(
      `the keys of ${setting} cannot be had from ${host} (${reason(err)}): nobody who needs them can log in. Mend the address, or the way there`,
    );
  }
}

function reason(err: unknown): string {
  const status = /status (\d{3})/.exec((err as Error).message)?.[1];
  return status === undefined ? reasonOf(err) : `it answers ${status}`;
}

function hostOf(url: string): string {
  return new URL(url).host || 'a file';
}
