import { createHmac } from 'node:crypto';

/** Whose account it is; `secret`: the component's. */
export type OwnPlace = { homeHost: string; secret: string };

/** The JID of the account of the component's own, where the stamp is (decision 279). Its name is the same each time, and nobody can guess it. */
export function ownAccount({ secret, homeHost }: OwnPlace): string {
  const name = createHmac('sha256', secret).update('stamp account').digest('hex').slice(0, 20);
  return `earshot-stamp-${name}@${homeHost}`;
}
