import { statSync } from 'node:fs';
import { drawBar } from './bar.ts';
import type { Counts } from './counts.ts';

/** Shows how far an import is. `bytes`: so many have been read of the file; `rows`: so many are done, and what became of all. */
export type Progress = { bytes(read: number): void; rows(count: number, counts: Counts): void; end(): void };

/** Milliseconds between two drawings. */
const PAUSE = 100;

/** A bar on a terminal, nothing elsewhere. */
export function createProgress(file: string, terminal: NodeJS.WriteStream): Progress {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  let read = 0;
  let rows = 0;
  let drawn = 0;

  function draw(counts: Counts): void {
    const share = size === 0 ? 1 : Math.min(read / size, 1);
    const told = Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([outcome, count]) => `${count} ${outcome}`);
    terminal.write(`\r${drawBar(share)}  ${rows} rows${told.length > 0 ? `: ${told.join(', ')}` : ''} `);
  }

  return {
    bytes(bytesRead) {
      read = bytesRead;
    },
    rows(count, counts) {
      rows += count;
      if (!terminal.isTTY || Date.now() - drawn < PAUSE) return;
      drawn = Date.now();
      draw(counts);
    },
    end() {
      if (terminal.isTTY) terminal.write('\n');
    },
  };
}
