import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stack } from '../../../local/stack/stack.ts';
import { type Line, monitored, wholes } from './monitor.ts';

/** What clients have told Redis, and what of it Redis has written to its log and to the disk. */
export type Told = {
  /** Commands as clients have sent them; MULTI and EXEC are commands, too. */
  commands: string[][];
  /** What was written as one: the commands of a script or of a MULTI are one step. In their order. */
  steps: string[][][];
};

/**
 * What is told all the time, whatever anybody plays: by processes that live, by the workers of other queues, by sweeps, and
 * by the test, which asks what is left to be done.
 */
const ALWAYS =
  /^(?:PING|HELLO|CLIENT|INFO|CLUSTER|ZCOUNT|ZCARD)$|:status:|:processes$|:outlets$|:server-stamp|:active:|:metrics$|:leaving$|:reconciliation$|:queue\}:(?!tune:)|^ZRANGEBYSCORE \S+:due:/i;

/** One Redis that a stack works with: the folder of its files, and how it is asked. */
export type Node = { url: string; dir: string };

/**
 * Everything that is told to the stack's Redis while `during` runs, but for what is told all the time. `nodes`: the masters of a
 * cluster, where the stack works with one: what each was told comes after what the one before was.
 */
export async function toldRedis(
  stack: Stack & { dataDir: string },
  during: () => Promise<void>,
  nodes: readonly Node[] = [{ url: stack.redis().url, dir: join(stack.dataDir, 'redis') }],
): Promise<Told> {
  const logs = await Promise.all(nodes.map(({ dir }) => logOf(dir)));
  const lines: Line[] = [];
  const [first, ...others] = nodes.map(({ url }) => url);
  // One within the other, so that all hear while it runs.
  const all = others.reduce<() => Promise<void>>(
    (inner, url) => async () => void lines.push(...(await monitored(url, inner))),
    during,
  );
  if (first !== undefined) lines.push(...(await monitored(first, all)));
  const commands = wholes(withCalls(lines));
  const written = await Promise.all(logs.map((log) => log()));
  return {
    commands: commands.filter(isOfInterest).flat(),
    steps: written.flatMap((log) => inSteps(readWords(log))).filter(isOfInterest),
  };
}

/** What a script calls is told right behind it, and is one more word of it: scripts go by names that say nothing. */
function withCalls(lines: readonly Line[]): Line[] {
  const commands: Line[] = [];
  for (const { by, words } of lines)
    if (by === 'lua') commands.at(-1)?.words.push(words.join(' '));
    else commands.push({ by, words: [...words] });
  return commands;
}

function isOfInterest(whole: readonly string[][]): boolean {
  return !whole.some((words) => words.some((word) => ALWAYS.test(word)));
}

/** The commands of the log, each by itself or between its MULTI and EXEC. */
function inSteps(commands: readonly string[][]): string[][][] {
  return wholes(commands.map((words) => ({ by: 'the log', words })).filter(({ words }) => words[0] !== 'SELECT'));
}

/** Reads what is written from now on. */
async function logOf(dir: string): Promise<() => Promise<Buffer>> {
  const files = join(dir, 'appendonlydir');
  const name = (await readdir(files))
    .filter((file) => file.endsWith('.incr.aof'))
    .sort()
    .at(-1) as string;
  const file = await open(join(files, name));
  const { size } = await file.stat();
  return async () => {
    const written = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(written.size - size), 0, written.size - size, size);
    await file.close();
    return buffer;
  };
}

/** RESP arrays of bulk strings, one after the other. */
function readWords(log: Buffer): string[][] {
  const commands: string[][] = [];
  let at = 0;
  const line = () => {
    const end = log.indexOf('\r\n', at);
    const text = log.toString('latin1', at, end);
    at = end + 2;
    return text;
  };
  while (at < log.length) {
    const count = Number(line().slice(1));
    commands.push(
      Array.from({ length: count }, () => {
        const length = Number(line().slice(1));
        const word = log.toString('utf8', at, at + length);
        at += length + 2;
        return word;
      }),
    );
  }
  return commands;
}
