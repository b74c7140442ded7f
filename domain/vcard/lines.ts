import type { ByteSink } from './bytes.ts';
import { MAX_LINE_BYTES } from './limits.ts';

const LF = 10;
const CR = 13;

/** Receives one line without its end; `bytes[start, end)` is only good during the call. Lines count from 1. */
export type LineSink = (bytes: Buffer, start: number, end: number, line: number) => void;

/**
 * Cuts bytes into lines that end in CRLF, LF or CR, across pushes. What a line has over 90,112 bytes is dropped, so that
 * neither time nor memory grows with it. `end` says whether the last line had no end.
 */
export function createLineCutter(next: LineSink): { push: ByteSink; end: () => boolean } {
  const carried = Buffer.alloc(MAX_LINE_BYTES);
  let carriedLength = 0;
  let line = 1;
  let afterCr = false;

  function carry(bytes: Buffer, start: number, end: number): void {
    carriedLength += bytes.copy(carried, carriedLength, start, end);
  }
  function cut(bytes: Buffer, start: number, end: number): void {
    if (carriedLength === 0) next(bytes, start, Math.min(end, start + MAX_LINE_BYTES), line);
    else {
      carry(bytes, start, end);
      next(carried, 0, carriedLength, line);
    }
    carriedLength = 0;
    line += 1;
  }
  return {
    push(bytes) {
      const length = bytes.length;
      let start = 0;
      while (start < length) {
        let at = start;
        while (at < length && bytes[at] !== LF && bytes[at] !== CR) at += 1;
        if (at === length) break;
        const secondHalf = afterCr && at === start && bytes[at] === LF;
        if (!secondHalf) cut(bytes, start, at);
        afterCr = bytes[at] === CR;
        start = at + 1;
      }
      if (start === length) return;
      afterCr = false;
      carry(bytes, start, length);
    },
    end() {
      if (carriedLength === 0) return false;
      cut(carried, 0, 0);
      return true;
    },
  };
}
