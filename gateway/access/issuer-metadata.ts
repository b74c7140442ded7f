import { isSafeUrl } from '../../runtime/safe-url.ts';
import { publishedJson } from './published-json.ts';

const PATIENCE = 5_000;

/** Where the issuer publishes its keys, from its metadata (RFC 8414, section 3; OpenID Connect Discovery, section 4). */
export async function findKeySet(issuer: string): Promise<string> {
  for (const url of metadataUrls(issuer)) {
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(PATIENCE) });
    if (response.status !== 200) continue;
    const metadata = (await publishedJson(response)) as { issuer?: unknown; jwks_uri?: unknown };
    // RFC 8414, section 3.3: metadata of another issuer must not be used.
    if (metadata.issuer === issuer && typeof metadata.jwks_uri === 'string' && isSafeUrl(metadata.jwks_uri))
      return metadata.jwks_uri;
  }
  throw new Error('The issuer publishes no usable metadata; set EARSHOT_OAUTH_JWKS_URL.');
}

function metadataUrls(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
}
