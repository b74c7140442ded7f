import { type SpawnSyncOptions, spawnSync } from 'node:child_process';

/** What this machine lacks for a server; the message says what to do. */
export class Missing extends Error {}

/** Runs a program to its end, its output on the terminal. @throws Error when it fails */
export function run(program: string, args: readonly string[], options: SpawnSyncOptions = {}): void {
  const { status, error } = spawnSync(program, args, { stdio: 'inherit', ...options });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args[0] ?? ''} … ended with ${status}.`);
}

/** What it writes to its standard output, without blanks at the ends; empty when it cannot be run. */
export function said(program: string, args: readonly string[], options: SpawnSyncOptions = {}): string {
  return String(spawnSync(program, args, { ...options, encoding: 'utf8' }).stdout ?? '').trim();
}
