import { readFileSync } from 'node:fs';
import type { Child } from '../../local/children/child.ts';
import type { HeldMemory } from '../support/measure/held-memory.ts';

/** Bytes by which what a process holds may have grown from its warm-up to the end: compiled code, and what is kept for a while. */
const GROWTH = 32 * 1024 * 1024;
/** Log lines of a process that nobody has reason to write, however strange the input. */
const ALARMING =
  /unhandled rejection|request failed|uncaught|"level":(?:50|60)|^\s+at .*\(?(?:file|node):|RangeError|TypeError/;

/** Keeps an eye on a process of Earshot: it lives, it logs nothing alarming, what it holds stays flat. */
export function watchProcess(name: string, child: Child, logFile: string, held: HeldMemory) {
  const logStart = readFileSync(logFile, 'utf8').length;
  let warm: number | undefined;

  return {
    /** To be called when the process has done enough to have its working size. */
    async warmedUp(): Promise<void> {
      warm = await held.of(child.pid);
    },
    isWarm: () => warm !== undefined,
    async findings(): Promise<string[]> {
      const exit = child.exit();
      if (exit) return [`${name} ended: ${JSON.stringify(exit)}; ${child.logTail(20).join('\n')}`];
      const alarming = readFileSync(logFile, 'utf8')
        .slice(logStart)
        .split('\n')
        .filter((line) => ALARMING.test(line));
      const logged = [...new Set(alarming)].slice(0, 5).map((line) => `${name} logged: ${line.slice(0, 800)}`);
      if (warm === undefined) return logged;
      const grown = (await held.of(child.pid)) - warm;
      return grown > GROWTH ? [...logged, `${name} grew by ${megabytes(grown)}`] : logged;
    },
    memory: async () =>
      `${name} holds ${megabytes(warm ?? 0)} when warm, ${megabytes(await held.of(child.pid))} at the end`,
  };
}

export type ProcessWatch = ReturnType<typeof watchProcess>;

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`;
}
