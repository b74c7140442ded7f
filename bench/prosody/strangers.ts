import { type hostStores, writeAccount, writeRoster } from './files.ts';

/**
 * Writes accounts of people who are never online, and have everybody as a contact; or a server that looks for them would
 * end the subscriptions of whoever has them. Returns their JIDs.
 */
export function strangers(
  stores: ReturnType<typeof hostStores>,
  domain: string,
  count: number,
  everybody: readonly string[],
): string[] {
  const jids = Array.from({ length: count }, (_, i) => `stranger${i}@${domain}`);
  for (const jid of jids) {
    writeAccount(stores.accounts, { jid, password: 'bench' });
    writeRoster(stores.roster, jid, everybody);
  }
  return jids;
}
