import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { collectionsIn } from './collections.ts';
import { readHeap } from './heap.ts';
import { grownCollections, grownSizes } from './verdict.ts';

/** Remembers everybody for ever, the last ten only, and whom it saw once; and writes its heap each time that another ten have come. */
const PROGRAM = `
const { writeHeapSnapshot } = require('node:v8');
function createMemory() {
  const everybody = new Map(), lately = [], [once, last] = [new Set(), 10];
  return {
    see(who) {
      everybody.set(who, { who });
      if (once.size < last) once.add(who);
      lately.push({ who });
      if (lately.length > last) lately.shift();
    },
  };
}
globalThis.memory = createMemory();
for (let n = 1; n <= 30; n += 1) {
  memory.see('somebody ' + n);
  if (n % 10 === 0) writeHeapSnapshot(process.argv[1] + '/' + n);
}`;

describe('the verdict of the soak', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'earshot-verdict-'));
    await promisify(execFile)(process.execPath, ['-e', PROGRAM, folder]);
  });

  after(() => rm(folder, { recursive: true, force: true }));

  it('names the one collection that keeps more and more, and who holds it', () => {
    const heaps = ['10', '20', '30'].map((name) => collectionsIn(readHeap(join(folder, name))));
    const found = grownCollections(heaps, 10);
    expect(found).to.have.length(1);
    expect(found[0]).to.match(/^20, 40, 60 entries: Map <everybody> ← .* ← see <see> /);
    expect(grownCollections(heaps, 30)).to.be.empty;
  });

  it('names a size that grows steadily, and none that is odd once or goes up and down', () => {
    const each = Array.from({ length: 10 }, (_, i) => ({
      'gateway: bytes': 1e8 + 1e6 * i,
      'gateway: descriptors': i === 5 ? 400 : 40 + (i % 2),
      'worker: waiting': 20 + i,
      'Redis: earshot:{p}:gone': 1_000 * i,
      'Redis: earshot:{p}:*:told:xmpp': 1_000,
    }));
    expect(grownSizes(each)).to.deep.equal([
      'gateway: bytes grows by 1000000.0 a cycle',
      'worker: waiting grows by 1.0 a cycle',
    ]);
  });
});
