import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { type Child, startChild } from './children/child.ts';
import { projectRoot } from './project-root.ts';

/** Earshot's own processes. */
export type Role = 'component' | 'gateway' | 'worker' | 'sip';

/** Those that every Earshot has. */
export const ROLES: readonly Role[] = ['component', 'gateway', 'worker'];

/** How to run one of them. */
export interface ProcessOptions {
  role: Role;
  /** Its whole configuration, `EARSHOT_*`. */
  env: Record<string, string>;
  logFile: string;
  /** The file to run instead of `<role>/main`; for tests. */
  entry?: string;
}

/** A running Earshot process. */
export interface EarshotProcess extends Child {
  role: Role;
}

/**
 * Starts an Earshot process: from TypeScript when this file runs from TypeScript, else from the build. `npm test`, which builds first, has it run from
 * the build by EARSHOT_FROM_BUILD=1: it then starts in half the time. Does not wait until it is ready.
 */
export async function startProcess(options: ProcessOptions): Promise<EarshotProcess> {
  const entry = options.entry ?? mainOf(options.role);
  const child = await startChild({
    name: `The ${options.role}`,
    program: process.execPath,
    args: [...nodeOptions(entry), entry],
    env: { ...withoutEarshot(process.env), ...options.env },
    logFile: options.logFile,
    // Redis and Prosody go down at the same moment, so there is nothing left that an orderly end could do.
    deathSignal: 'KILL',
    // They allow themselves 8 s to end their work.
    graceMs: 10_000,
  });
  return { ...child, role: options.role };
}

/** The launcher's own settings must not reach its children by the way: what they are told stands in one place. */
function withoutEarshot(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('EARSHOT_')));
}

function mainOf(role: Role): string {
  if (process.env.EARSHOT_FROM_BUILD === '1') return join(projectRoot(), 'dist', role, 'main.js');
  const suffix = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return fileURLToPath(new URL(`../${role}/main${suffix}`, import.meta.url));
}

function nodeOptions(entry: string): string[] {
  return entry.endsWith('.ts')
    ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href]
    : ['--enable-source-maps'];
}
