import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a command said, and its exit code. */
export type Said = { code: number; out: string; err: string };

/** Starts `earshot` with these arguments; from the build where the processes of the stack run from it, too. */
export function startEarshot(args: readonly string[], settings: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, wordsOf(args), {
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** What Node.js is told to run it. */
function wordsOf(args: readonly string[]): string[] {
  const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  const program =
    process.env.EARSHOT_FROM_BUILD === '1'
      ? [file('../../dist/cli/main.js')]
      : ['--import', 'tsx', file('../../cli/main.ts')];
  return [...program, ...args];
}

/** Runs it to its end; whoever read its standard output has gone before it begins. `out` is empty. */
export async function runUnread(args: readonly string[], settings: NodeJS.ProcessEnv): Promise<Said> {
  const words = ['-c', 'read _; exec "$@"', 'sh', process.execPath, ...wordsOf(args)];
  const child = spawn('sh', words, { env: { ...process.env, ...settings } });
  let err = '';
  child.stderr.on('data', (text) => (err += text));
  const ended = once(child, 'close');
  child.stdout.destroy();
  await once(child.stdout, 'close');
  child.stdin.end('\n');
  const [code] = await ended;
  return { code, out: '', err };
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
