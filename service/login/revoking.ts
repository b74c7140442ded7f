import type { ServiceContext } from '../context.ts';

/** Ends one token at once; false when there is no such token. */
export async function revokeToken({ stores }: ServiceContext, id: string, tokenId: string): Promise<boolean> {
  if (!(await stores.tokens.revoke(id, tokenId))) return false;
  await stores.events.tell(id, { what: 'tokens' });
  return true;
}

/** Ends every token of a subscriber. */
export async function revokeTokens({ stores }: ServiceContext, id: string): Promise<void> {
  await stores.tokens.revokeAll(id);
  await stores.events.tell(id, { what: 'tokens' });
}
