import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { domainOf } from '../../../domain/account/jid.ts';
import { eventually } from '../eventually.ts';
import { FIRST, SECOND } from './second-home.ts';

/** Where an ejabberd keeps what it has of each home's people, below the data folder. */
const SPOOLS = { [FIRST]: 'ejabberd/spool', [SECOND.host]: 'second/spool' };

/**
 * Waits until ejabberd has these accounts in its files: Mnesia writes seconds after the answer, and users' own accounts that a
 * killed ejabberd has lost are nobody's to bring back. Prosody writes before it answers.
 */
export async function untilWrittenDown(stack: { dataDir: string }, jids: readonly string[]): Promise<void> {
  for (const [host, folder] of Object.entries(SPOOLS)) {
    const spool = join(stack.dataDir, folder);
    if (existsSync(spool))
      await untilInFiles(
        spool,
        jids.filter((jid) => domainOf(jid) === host),
      );
  }
}

/** Of the table of accounts 24.12 has one file, and 23.01 two. */
function untilInFiles(spool: string, jids: readonly string[]): Promise<void> {
  return eventually(async () => {
    const names = (await readdir(spool)).filter((name) => /^(?:passwd\.D|LATEST\.LOG)/.test(name));
    const written = (await Promise.all(names.map((name) => readFile(join(spool, name), 'latin1')))).join();
    for (const jid of jids) expect(written.includes(jid.split('@')[0] as string), `${jid} in ${names}`).to.equal(true);
  });
}
