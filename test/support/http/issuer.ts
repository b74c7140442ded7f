import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

export type Issuer = Awaited<ReturnType<typeof startIssuer>>;
export type SigningKey = { kid: string; alg: string; sign(payload: JWTPayload, header?: object): Promise<string> };

/** An OAuth 2.0 authorization server as far as a resource server sees it: metadata, and keys that change. */
export async function startIssuer() {
  let published: JWK[] = [];
  let down = false;
  let hanging: (() => void)[] | undefined;
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const body = answerTo(request.url);
    const answer = () => {
      if (down || body === undefined) response.writeHead(down ? 500 : 404).end();
      else response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    };
    if (hanging) hanging.push(answer);
    else answer();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function answerTo(path: string | undefined): unknown {
    if (path === '/.well-known/oauth-authorization-server') return { issuer: url, jwks_uri: `${url}/keys` };
    return path === '/keys' ? { keys: published } : undefined;
  }

  return {
    url,
    /** The paths that were asked for. */
    asked,
    /** A new key pair; `publish` puts its public half into the set. */
    async newKey(alg = 'ES256'): Promise<SigningKey & { publish(): void; withdraw(): void }> {
      const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
      const kid = `key-${Math.random().toString(36).slice(2)}`;
      const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' };
      return {
        kid,
        alg,
        publish: () => void published.push(jwk),
        withdraw: () => {
          published = published.filter((one) => one.kid !== kid);
        },
        sign: (payload, header = {}) =>
          new SignJWT(payload).setProtectedHeader({ alg, kid, typ: 'at+jwt', ...header }).sign(privateKey),
      };
    },
    goDown: () => {
      down = true;
    },
    comeBack: () => {
      down = false;
    },
    /** It takes requests and answers none, until the function that this returns is called. */
    hang(): () => void {
      hanging = [];
      return () => {
        for (const answer of hanging ?? []) answer();
        hanging = undefined;
      };
    },
    async stop(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The claims of an access token (RFC 9068, section 2.2), valid for five minutes. */
export function claims(issuer: { url: string }, more: Record<string, unknown> = {}): JWTPayload {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: issuer.url,
    aud: 'https://earshot.example',
    sub: 'portal',
    client_id: 'portal',
    iat: now,
    exp: now + 300,
    jti: 'one',
    scope: 'subscribers:read imports:write',
    ...more,
  };
}
