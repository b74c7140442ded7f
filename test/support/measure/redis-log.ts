import { randomUUID } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { createClient } from 'redis';
import type { Stack } from '../../../local/stack/stack.ts';
import { eventually } from '../eventually.ts';
import { withRedis } from '../stack.ts';

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
  /^(?:PING|HELLO|CLIENT|INFO|ZCOUNT|ZCARD)$|:status:|:processes$|:outlets$|:server-stamp|:active:|:metrics$|:leaving$|:reconciliation$|:queue\}:(?!tune:)|^ZRANGEBYSCORE \S+:due:/i;

/** Everything that is told to the stack's Redis while `during` runs, but for what is told all the time. */
export async function toldRedis(stack: Stack & { dataDir: string }, during: () => Promise<void>): Promise<Told> {
  const log = await logOf(join(stack.dataDir, 'redis'));
  const lines: string[] = [];
  const monitor = await createClient({ url: stack.redis().url }).connect();
  await monitor.monitor((line) => lines.push(`${line}`));
  await during();
  const end = await untilSeen(stack, lines);
  monitor.destroy();
  const commands = wholes(withCalls(lines.slice(0, end).map(toLine)));
  return {
    commands: commands.filter(isOfInterest).flat(),
    steps: inSteps(readWords(await log())).filter(isOfInterest),
  };
}

/** How many lines tell what was told before this. */
async function untilSeen(stack: Stack, lines: readonly string[]): Promise<number> {
  const mark = randomUUID();
  await withRedis(stack, async (redis) => void (await redis.get(mark)));
  return eventually(() => {
    const at = lines.findIndex((line) => line.includes(mark));
    expect(at, 'the mark').to.be.at.least(0);
    return at;
  });
}

type Line = { by: string; words: string[] };

/** `1339518083.107412 [0 127.0.0.1:60866] "set" "key" "a \"value\""` */
function toLine(line: string): Line {
  const [, by = '', rest = ''] = /^\S+ \[\d+ ([^\]]+)\] (.*)$/s.exec(line) ?? [];
  return { by, words: [...rest.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map(([, word = '']) => word) };
}

/** What a script calls is told right behind it, and is one more word of it: scripts go by names that say nothing. */
function withCalls(lines: readonly Line[]): Line[] {
  const commands: Line[] = [];
  for (const { by, words } of lines)
    if (by === 'lua') commands.at(-1)?.words.push(words.join(' '));
    else commands.push({ by, words: [...words] });
  return commands;
}

/** Commands of one client between MULTI and EXEC belong together, each other one is alone. */
function wholes(lines: readonly Line[]): string[][][] {
  const all: string[][][] = [];
  const open = new Map<string, string[][]>();
  for (const { by, words } of lines) {
    const name = words[0]?.toUpperCase();
    const whole = open.get(by) ?? [];
    whole.push(words);
    if (whole.length === 1) all.push(whole);
    if (name === 'EXEC' || (whole.length === 1 && name !== 'MULTI')) open.delete(by);
    else open.set(by, whole);
  }
  return all;
}

function isOfInterest(whole: readonly string[][]): boolean {
  return !whole.some((words) => words.some((word) => ALWAYS.test(word)));
}

/** The commands of the log, each by itself or between its MULTI and EXEC. */
function inSteps(commands: readonly string[][]): string[][][] {
  return wholes(commands.map((words) => ({ by: 'the log', words })).filter(({ words }) => words[0] !== 'SELECT'));
}

/** Reads what is written from now on. */
async function logOf(folder: string): Promise<() => Promise<Buffer>> {
  const files = join(folder, 'appendonlydir');
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
