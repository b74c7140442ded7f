import { type Account, hostStores, writeAccount, writeRoster } from './files.ts';
import { strangers } from './strangers.ts';

/** `contacts`: in the roster of each publisher and each watcher, at least as many as it has of the others. */
export type PopulationSize = { publishers: number; watchers: number; contacts: number };
export type Population = { publishers: Account[]; watchers: Account[] };

/**
 * Writes accounts, and rosters in which all publishers and all watchers have each other as `both`, into the data folder of
 * a Prosody that does not run: as quick as a disk is, where a thousand roster sets take ten seconds.
 */
export function populate(dataFolder: string, domain: string, size: PopulationSize): Population {
  const people = (name: string, count: number): Account[] =>
    Array.from({ length: count }, (_, i) => ({ jid: `${name}${i}@${domain}`, password: 'bench' }));
  const [publishers, watchers] = [people('publisher', size.publishers), people('watcher', size.watchers)];
  const stores = hostStores(dataFolder, domain);
  const jids = (accounts: readonly Account[]) => accounts.map(({ jid }) => jid);
  const others = strangers(stores, domain, size.contacts, jids([...publishers, ...watchers]));
  function write(accounts: readonly Account[], contacts: readonly string[]): void {
    for (const account of accounts) {
      writeAccount(stores.accounts, account);
      writeRoster(stores.roster, account.jid, [...contacts, ...others.slice(contacts.length)]);
    }
  }
  write(publishers, jids(watchers));
  write(watchers, jids(publishers));
  return { publishers, watchers };
}
