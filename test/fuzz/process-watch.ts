import { readFileSync } from 'node:fs';
import type { Child } from '../../local/children/child.ts';

/** Bytes by which a process may have grown from its warm-up to the end: what a busy V8 heap has not yet given back. */
const GROWTH = 128 * 1024 * 1024;
/** Log lines of a process that nobody has reason to write, however strange the input. */
const ALARMING =
  /unhandled rejection|request failed|uncaught|"level":(?:50|60)|^\s+at .*\(?(?:file|node):|RangeError|TypeError/;

/** Keeps an eye on a process of Earshot: it lives, it logs nothing alarming, its memory stays flat. */
export function watchProcess(name: string, child: Child, logFile: string) {
  const logStart = readFileSync(logFile, 'utf8').length;
  let warm: number | undefined;

  return {
    /** To be called when the process has done enough to have its working size. */
    warmedUp(): void {
      warm = residentBytes(child.pid);
    },
    isWarm: () => warm !== undefined,
    findings(): string[] {
      const exit = child.exit();
      if (exit) return [`${name} ended: ${JSON.stringify(exit)}; ${child.logTail(20).join('\n')}`];
      const alarming = readFileSync(logFile, 'utf8')
        .slice(logStart)
        .split('\n')
        .filter((line) => ALARMING.test(line));
      const grown = residentBytes(child.pid) - (warm ?? 0);
      return [
        ...[...new Set(alarming)].slice(0, 5).map((line) => `${name} logged: ${line.slice(0, 800)}`),
        ...(warm !== undefined && grown > GROWTH ? [`${name} grew by ${megabytes(grown)}`] : []),
      ];
    },
    memory: () => `${name} ${megabytes(warm ?? 0)} when warm, ${megabytes(residentBytes(child.pid))} at the end`,
  };
}

export type ProcessWatch = ReturnType<typeof watchProcess>;

/** VmRSS; 0 for a process that is gone. */
function residentBytes(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`;
}
