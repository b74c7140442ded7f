import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The data folders of the stacks that this process runs. */
export const stacksInUse = new Set<string>();

/** Lines that are shown of each log. */
const LINES = 40;

/** Where a test fails that cannot be made to fail again, what its servers said last is all that there is. */
export const mochaHooks = {
  async afterEach(this: Mocha.Context): Promise<void> {
    if (this.currentTest?.state !== 'failed') return;
    for (const dataDir of stacksInUse) await show(this.currentTest.fullTitle(), join(dataDir, 'logs'));
  },
};

async function show(test: string, folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const lines = (await readFile(join(folder, name), 'utf8')).trimEnd().split('\n');
    console.error([`── ${test}: the end of ${name}`, ...lines.slice(-LINES)].join('\n'));
  }
}
