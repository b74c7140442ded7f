import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../../local/project-root.ts';
import { said } from '../compatibility/run.ts';
import { TEST_SERVER } from '../support/on-server.ts';
import { seedOr } from '../support/random.ts';
import { startRedisCluster } from '../support/servers/redis-cluster.ts';
import { giveClock } from './clock.ts';
import { giveDisk } from './disk.ts';
import { startBehindRelays } from './network.ts';
import { MANY_LOGINS } from './newcomers.ts';
import { beginWithOwnMounts } from './own-mounts.ts';
import { pageOf, type Run, runsIn } from './report.ts';
import { type Round, type Standing, torture } from './rounds.ts';

// npm run torture                    20 faults, on the terminal alone
// npm run torture -- --faults 200    that many; 100 and more are written into docs/reliability.md
// npm run torture -- --only disk     faults whose names hold that word, and these are not written
// npm run torture -- --cluster       on a Redis Cluster of three masters
// Where Debian's package faketime is installed, the clock of Earshot's processes can be wrong.
// With the right to mount, as root has it, Redis has a disk of its own, which can be full.

const PAGE = join(projectRoot(), 'docs', 'reliability.md');
const WRITTEN = 100;

const { faults, only, clustered } = wanted();
beginWithOwnMounts();
const seed = seedOr(randomInt(2 ** 31));
console.log(`Seed ${seed}; EARSHOT_SEED=${seed} draws the same again.`);
const began = Date.now();
const rounds: Run['rounds'][number][] = [];
const standings: Standing[] = [];
const clusterDir = mkdtempSync(join(tmpdir(), 'earshot-cluster-'));
const cluster = clustered ? await startRedisCluster(clusterDir, 'a-password') : undefined;
const clock = giveClock();
const { stack, network } = await startBehindRelays({
  policy: 'mutual',
  env: { EARSHOT_PUBLISH_INTERVAL_MS: '0', ...MANY_LOGINS, ...clock?.env },
  ...(cluster && { redisUrl: cluster.url }),
});
const disk = cluster ? undefined : await giveDisk(stack);
try {
  await torture({ stack, network, disk, clock, cluster }, { faults, seed, only, after });
} finally {
  await disk?.giveBack();
}
const found = rounds.some((round) => round.found !== undefined);
if (rounds.length === 0) console.error(`No fault has ${only} in its name, as test/torture/faults.ts gives them.`);
if (faults >= WRITTEN && only === '') write();
if (found) console.log(`Its files stay in ${stack.dataDir}${cluster ? ` and ${clusterDir}` : ''}.`);
else await stack.stop();
await cluster?.stop();
if (!found || !cluster) rmSync(clusterDir, { recursive: true });
process.exit(found || rounds.length === 0 ? 1 : 0);

function after({ journal, ...round }: Round, standing: Standing): void {
  rounds.push(round);
  standings.push(standing);
  console.log(`${rounds.length} ${round.fault}: ${round.milliseconds} ms (${standing.keys} keys)`);
  if (round.found !== undefined) console.log(`  FOUND: ${round.found}\n${journal}`);
}

function wanted(): { faults: number; only: string; clustered: boolean } {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      options: {
        faults: { ...text, default: '20' },
        only: { ...text, default: '' },
        cluster: { type: 'boolean', default: false },
      },
    });
    const faults = Number(values.faults);
    if (Number.isSafeInteger(faults) && faults > 0) return { faults, only: values.only, clustered: values.cluster };
    throw new Error('--faults must be a whole number above 0.');
  } catch (err) {
    console.error((err as Error).message);
    process.exit(1);
  }
}

function write(): void {
  const version = (name: string) => /^Version: (?:\d+:)?(\d+(?:\.\d+)+)/m.exec(said('dpkg', ['-s', name]))?.[1] ?? '?';
  const run: Run = {
    runs: `${TEST_SERVER} ${version(TEST_SERVER)}, Redis ${version('redis-server')}${cluster ? ' (a cluster of three masters)' : ''}, Node.js ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`,
    seed,
    minutes: Math.round((Date.now() - began) / 60_000),
    things: standings.at(-1)?.things ?? 0,
    rounds,
    keys: [standings[0]?.keys ?? 0, standings.at(-1)?.keys ?? 0],
    megabytes: Object.fromEntries(
      Object.keys(standings[0]?.megabytes ?? {}).map((role) => [
        role,
        Math.max(...standings.map(({ megabytes }) => megabytes[role] ?? 0)),
      ]),
    ),
  };
  const before = existsSync(PAGE) ? runsIn(readFileSync(PAGE, 'utf8')) : {};
  writeFileSync(PAGE, pageOf({ ...before, [cluster ? `${TEST_SERVER} on a cluster` : TEST_SERVER]: run }));
}
