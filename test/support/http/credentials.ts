import type { Api } from '../api.ts';

export type IssuedCredential = { credentialId: string; key: string; state: string; name: string };

/** An API key with these scopes, for numbers within these ranges. */
export async function issueKey(
  api: Api,
  scopes: string[],
  ranges: string[] = [],
  more: Record<string, unknown> = {},
): Promise<IssuedCredential> {
  const { body } = await api.expectStatus(
    201,
    api.call('POST', '/v1/credentials', { name: 'A carrier', scopes, ranges, ...more }),
  );
  return body as unknown as IssuedCredential;
}

/** The header with which a call is made with that key or token. */
export function bearer(secret: string): { authorization: string } {
  return { authorization: `Bearer ${secret}` };
}
