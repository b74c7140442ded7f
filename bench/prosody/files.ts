import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Who has an account, and what opens it. */
export type Account = { jid: string; password: string };

/** The stores of a host in the data folder of a Prosody with internal storage; made when missing. */
export function hostStores(dataFolder: string, domain: string): { accounts: string; roster: string } {
  const host = join(dataFolder, encoded(domain));
  const stores = { accounts: join(host, 'accounts'), roster: join(host, 'roster') };
  for (const folder of Object.values(stores)) mkdirSync(folder, { recursive: true, mode: 0o700 });
  return stores;
}

/** The file of a user in a store. */
export function fileOf(store: string, jid: string): string {
  return join(store, `${encoded(jid.slice(0, jid.indexOf('@')))}.dat`);
}

/** An ASCII name as it stands in names of files. */
function encoded(name: string): string {
  return name.replace(/[^A-Za-z0-9]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}

export function writeAccount(store: string, { jid, password }: Account): void {
  writeFileSync(fileOf(store, jid), `return { ["password"] = "${password}"; };\n`);
}

/** Items of a roster that are subscribed both ways. */
export function rosterItems(jids: readonly string[]): string {
  return jids
    .map((jid, i) => `["${jid}"] = { ["subscription"] = "both"; ["groups"] = {}; ["name"] = "Contact ${i}"; };\n`)
    .join('');
}

/** A roster of nothing but these. */
export function writeRoster(store: string, jid: string, contacts: readonly string[]): void {
  const text = `return {\n${rosterItems(contacts)}[false] = { ["version"] = 1; ["pending"] = {}; };\n};\n`;
  writeFileSync(fileOf(store, jid), text);
}
