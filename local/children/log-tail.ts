import { closeSync, existsSync, openSync, readSync, renameSync, statSync } from 'node:fs';

const ROTATE_AT_BYTES = 10_000_000;
const TAIL_BYTES = 16_384;

/**
 * Makes room in a log file that has grown large (the one before it is kept as `….old`) and says where the next line will stand.
 * @returns the file's size in bytes, 0 for a new file
 */
export function beginLog(file: string): number {
  if (!existsSync(file)) return 0;
  const { size } = statSync(file);
  if (size < ROTATE_AT_BYTES) return size;
  renameSync(file, `${file}.old`);
  return 0;
}

/** The last `count` lines of a log file written after the byte `from`; empty when there are none. */
export function lastLines(file: string, from = 0, count = 12): string[] {
  if (!existsSync(file)) return [];
  const { size } = statSync(file);
  const start = Math.max(from, size - TAIL_BYTES);
  const buffer = Buffer.alloc(Math.max(0, size - start));
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, buffer, 0, buffer.length, start);
  } finally {
    closeSync(descriptor);
  }
  return buffer
    .toString('utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count);
}
