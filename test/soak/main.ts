import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { randomFrom, seedOr } from '../support/random.ts';
import { type Collections, collectionsIn } from './collections.ts';
import { liveAndLeave } from './cycle.ts';
import { readHeap } from './heap.ts';
import { processesOf, type Sizes, sizesOf } from './sizes.ts';
import { grownCollections, grownSizes } from './verdict.ts';
import { openWorld } from './world.ts';

// npm run soak                    ten cycles to warm up, and twenty in which nothing may grow
// npm run soak -- --cycles 60     that many in which nothing may grow
// npm run soak -- --heaps FOLDER  keeps the heaps of the processes there, for the developer tools of a browser

const WARM_UP = 10;
/** Cycles between two heaps below which a single thing more would be one for each. */
const LEAST = 5;

const { cycles, heaps } = wanted();
const seed = seedOr(randomInt(2 ** 31));
console.log(`Seed ${seed}; EARSHOT_SEED=${seed} does the same again.`);
const random = randomFrom(seed);
const folder = heaps ?? mkdtempSync(join(tmpdir(), 'earshot-heaps-'));
mkdirSync(folder, { recursive: true });
const found = await soak();
if (heaps === undefined) rmSync(folder, { recursive: true });
for (const finding of found) console.error(`\n${finding}`);
console.log(`\n${WARM_UP + cycles} cycles with the seed ${seed}: ${found.length} findings.`);
process.exit(found.length === 0 ? 0 : 1);

async function soak(): Promise<string[]> {
  const world = await openWorld();
  const roles = processesOf(world.stack);
  const each: Sizes[] = [];
  const taken = new Map<string, Collections[]>(roles.map((role) => [role, []]));
  try {
    for (let n = 1; n <= WARM_UP + cycles; n += 1) {
      await liveAndLeave(world, random);
      const isTaken = [WARM_UP, WARM_UP + cycles / 2, WARM_UP + cycles].includes(n);
      const fileOf = (role: string) => join(folder, `${role}-${n}.heapsnapshot`);
      const sizes = await sizesOf(world.stack, world.held, isTaken ? fileOf : undefined);
      if (n > WARM_UP) each.push(sizes);
      console.log(
        `${n}: ${roles.map((role) => `${role} ${Math.round((sizes[`${role}: bytes`] ?? 0) / 1_000)} kB`).join(', ')}`,
      );
      if (isTaken) for (const role of roles) taken.get(role)?.push(read(fileOf(role)));
    }
  } finally {
    await world.stop();
  }
  const held = roles.flatMap((role) =>
    grownCollections(taken.get(role) ?? [], cycles / 2).map((finding) => `The ${role} keeps more and more. ${finding}`),
  );
  return [...grownSizes(each), ...held];
}

function read(file: string): Collections {
  const collections = collectionsIn(readHeap(file));
  if (heaps === undefined) rmSync(file);
  return collections;
}

function wanted(): { cycles: number; heaps: string | undefined } {
  try {
    const { values } = parseArgs({ options: { cycles: { type: 'string', default: '20' }, heaps: { type: 'string' } } });
    const cycles = Number(values.cycles);
    if (Number.isSafeInteger(cycles / 2) && cycles >= 2 * LEAST) return { cycles, heaps: values.heaps };
    throw new Error(`--cycles must be an even number, and at least ${2 * LEAST}.`);
  } catch (err) {
    console.error((err as Error).message);
    process.exit(1);
  }
}
