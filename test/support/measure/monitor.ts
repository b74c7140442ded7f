import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { createClient } from 'redis';
import { eventually } from '../eventually.ts';

/** A command, by the address of the client that sent it; or by `lua`, of a script. */
export type Line = { by: string; words: string[] };

/** Everything that this Redis is told while `during` runs, in its order (MONITOR). */
export async function monitored(url: string, during: () => Promise<unknown>): Promise<Line[]> {
  const lines: string[] = [];
  const [monitor, other] = [await createClient({ url }).connect(), await createClient({ url }).connect()];
  try {
    await monitor.monitor((line) => lines.push(`${line}`));
    await during();
    const mark = randomUUID();
    await other.echo(mark);
    const end = await eventually(() => {
      const at = lines.findIndex((line) => line.includes(mark));
      expect(at, 'the mark').to.be.at.least(0);
      return at;
    });
    return lines.slice(0, end).map(toLine);
  } finally {
    monitor.destroy();
    other.destroy();
  }
}

/** How often something was written, and so had to reach the disk before Redis answered: by a script, a transaction, or a command alone. */
export async function writtenSteps(url: string, during: () => Promise<unknown>): Promise<number> {
  const client = await createClient({ url }).connect();
  const writes = new Set(await client.sendCommand<string[]>(['COMMAND', 'LIST', 'FILTERBY', 'ACLCAT', 'write']));
  client.destroy();
  const lines = await monitored(url, during);
  const all = wholes(lines.filter(({ by }) => by !== 'lua'));
  const isStep = ([name = '']: readonly string[]) =>
    /^(?:eval|evalsha|exec)$/i.test(name) || writes.has(name.toLowerCase());
  return all.filter((whole) => whole.some(isStep)).length;
}

/** `1339518083.107412 [0 127.0.0.1:60866] "set" "key" "a \"value\""` */
function toLine(line: string): Line {
  const [, by = '', rest = ''] = /^\S+ \[\d+ ([^\]]+)\] (.*)$/s.exec(line) ?? [];
  return { by, words: [...rest.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map(([, word = '']) => word) };
}

/** Commands of one client between MULTI and EXEC belong together, each other one is alone. */
export function wholes(lines: readonly Line[]): string[][][] {
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
