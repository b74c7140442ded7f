import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Stack } from '../../local/stack/stack.ts';
import { fileOf, hostStores, rosterItems } from '../prosody/files.ts';
import { strangers } from '../prosody/strangers.ts';

export type Contacts = ReturnType<typeof createContacts>;

/** Makes the rosters of these people longer and shorter, on the XMPP server's disk. */
export function createContacts(stack: Stack, jids: readonly string[]) {
  const { dir, domain } = stack.server();
  const stores = hostStores(join(dir, 'data'), domain);
  const files = jids.map((jid) => fileOf(stores.roster, jid));
  const found = files.map((file) => readFileSync(file, 'utf8'));

  /** Gives each so many contacts beside its friends. */
  function write(count: number): void {
    const more = rosterItems(strangers(stores, domain, count, jids));
    for (const [i, file] of files.entries()) writeFileSync(file, (found[i] ?? '').replace(/\};\s*$/, `${more}};\n`));
  }

  return {
    /** Starts the XMPP server again with so many contacts in each roster, a friend among them. Earshot's component is stopped. */
    async give(count: number): Promise<void> {
      await stack.part('component').stop();
      await stack.part('server').stop();
      write(count - 1);
      await stack.restart('server');
    },
  };
}
