import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findProgram } from '../../../local/children/programs.ts';
import { ROLES } from '../../../local/processes.ts';
import { projectRoot } from '../../../local/project-root.ts';
import { findRedis } from '../../../local/redis/redis-program.ts';
import { type Stack, type StackOptions, startStack } from '../../../local/stack/stack.ts';
import { PATIENCE } from '../eventually.ts';

/** Of 2026-11-28, before any release: what kept data then, and was built of the same libraries. */
const EARLIER = '44bc25498ce5bb61b3a29bcae756b1011910eb69';

const git = (...args: string[]) =>
  execFileSync('git', args, { cwd: projectRoot(), maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'ignore'] });

/** Why an earlier Earshot cannot be tried here; undefined where it can. */
export function obstacleToEarlier(): string | undefined {
  try {
    const [then, now] = [
      git('show', `${EARLIER}:package-lock.json`),
      readFileSync(join(projectRoot(), 'package-lock.json')),
    ];
    if (!holdsAll(`${now}`, `${then}`)) return 'the libraries are others now: name a later commit here';
    const isRedis = findRedis().endsWith('redis-server') || findProgram('redis-server') === undefined;
    return isRedis ? undefined : 'the earlier one runs Redis, and other servers do not read the files of Redis 8';
  } catch {
    return 'this is no clone of the repository with its history';
  }
}

type Lock = { packages: Record<string, { version?: string; dependencies?: Record<string, string> }> };

/** Whether the libraries that a program names itself in one lock file stand in the other with the same versions. */
function holdsAll(now: string, then: string): boolean {
  const [held, wanted] = [now, then].map((text) => (JSON.parse(text) as Lock).packages);
  const names = Object.keys(wanted?.['']?.dependencies ?? {}).map((name) => `node_modules/${name}`);
  return names.length > 0 && names.every((path) => held?.[path]?.version === wanted?.[path]?.version);
}

/** The earlier Earshot in a folder of its own. It runs from its sources, as nobody has built it. */
export async function unpackEarlier(folder: string) {
  const tree = join(folder, 'earlier');
  await mkdir(tree);
  execFileSync('tar', ['-x', '-C', tree], { input: git('archive', EARLIER) });
  symlinkSync(join(projectRoot(), 'node_modules'), join(tree, 'node_modules'));
  const module = pathToFileURL(join(tree, 'local', 'stack', 'stack.ts')).href;
  const { startStack: start } = (await import(module)) as { startStack(options: StackOptions): Promise<Stack> };
  const entries = Object.fromEntries(ROLES.map((role) => [role, join(tree, role, 'main.ts')]));
  return {
    entries,
    /** All of it, on a Prosody; without the page, which would have to be built. */
    start: (dataDir: string): Promise<Stack> =>
      start({ dataDir, server: 'prosody', readyTimeoutMs: PATIENCE, entries, env: { EARSHOT_PAGE: 'off' } }),
  };
}

/** All of the present one on what the earlier one has kept. */
export function startOnKept(dataDir: string): Promise<Stack> {
  return startStack({ dataDir, server: 'prosody', readyTimeoutMs: PATIENCE });
}
