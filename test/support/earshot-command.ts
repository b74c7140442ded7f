import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a command said, and its exit code. */
export type Said = { code: number; out: string; err: string };

/** Starts `earshot` with these arguments; from the build where the processes of the stack run from it, too. */
export function startEarshot(args: readonly string[], settings: NodeJS.ProcessEnv = {}): ChildProcess {
  const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  const program =
    process.env.EARSHOT_FROM_BUILD === '1'
      ? [file('../../dist/cli/main.js')]
      : ['--import', 'tsx', file('../../cli/main.ts')];
  const env = { ...process.env, ...settings };
  return spawn(process.execPath, [...program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Runs it to its end. */
export async function runEarshot(args: readonly string[], settings?: NodeJS.ProcessEnv): Promise<Said> {
  const child = startEarshot(args, settings);
  let [out, err] = ['', ''];
  child.stdout?.on('data', (text) => (out += text));
  child.stderr?.on('data', (text) => (err += text));
  const [code] = await once(child, 'close');
  return { code, out, err };
}
