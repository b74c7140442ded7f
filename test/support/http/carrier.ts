import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export const AUDIENCE = 'https://earshot.op.example/v1/tokens';
export const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>> & { kid: string; alg: string };

export async function newKey(alg = 'ES256'): Promise<KeyPair> {
  return { ...(await generateKeyPair(alg, { extractable: true })), kid: randomUUID(), alg };
}

/** A carrier that signs assertions, and serves the public keys of `keys` as its JWKS over HTTP until it is closed. */
export async function startCarrier(issuer = 'https://carrier.example') {
  const keys = [await newKey()];
  let down = false;
  const http = createServer(async (_request, response) => {
    if (down) return response.writeHead(500).end();
    const jwks = await Promise.all(
      keys.map(async ({ publicKey, kid, alg }) => ({ ...(await exportJWK(publicKey)), kid, alg })),
    );
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: jwks }));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));

  return {
    issuer,
    keys,
    jwksUrl: `http://127.0.0.1:${(http.address() as AddressInfo).port}/jwks`,
    setDown(value: boolean): void {
      down = value;
    },
    /** A good assertion for the number unless `claims` says otherwise; a claim that is undefined is left out. */
    async assert(
      phoneNumber: string,
      claims: Record<string, unknown> = {},
      key = keys[0] as KeyPair,
      now = Date.now(),
    ): Promise<string> {
      const seconds = Math.floor(now / 1000);
      const all = {
        iss: issuer,
        aud: AUDIENCE,
        sub: `tel:${phoneNumber}`,
        iat: seconds,
        exp: seconds + 60,
        jti: randomUUID(),
        ...claims,
      };
      return new SignJWT(all).setProtectedHeader({ alg: key.alg, kid: key.kid }).sign(key.privateKey);
    },
    async stop(): Promise<void> {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
