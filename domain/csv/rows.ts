import { MAX_ROW_LENGTH, MAX_ROW_LINES } from './limits.ts';
import { quotesAfter } from './quotes.ts';

/** A line of the file, from 1. */
export type Line = { text: string; number: number };

/** A row, by the line that it begins on: its text, or why it is none. */
export type Row = { line: number; text: string } | { line: number; reason: string };

const NEVER_CLOSED = 'A quotation mark opens a field and is never closed.';

/**
 * Joins lines into rows where a quoted field holds line breaks. A quotation mark that is never
 * closed spoils its own row only: the lines after that one are read again, as rows of their own. No
 * line is read a third time: in a line that closed nothing the marks stand in pairs, and pairs open
 * no field.
 */
export function createRowAssembler(delimiter: string, next: (row: Row) => void) {
  let pending: Line[] = [];
  let length = 0;
  /** Last in, first out. */
  const toRead: Line[] = [];

  function read(line: Line): void {
    const quotes = quotesAfter(line.text, delimiter, pending.length > 0);
    pending.push(line);
    length += line.text.length + 1;
    if (quotes === 'closed') finish();
    else if (quotes === 'astray' || length > MAX_ROW_LENGTH || pending.length > MAX_ROW_LINES) giveUp();
  }
  function finish(): void {
    const [first] = pending;
    if (first !== undefined) next({ line: first.number, text: pending.map(({ text }) => text).join('\n') });
    clear();
  }
  function giveUp(): void {
    const [first, ...others] = pending;
    clear();
    if (first === undefined) return;
    next({ line: first.number, reason: NEVER_CLOSED });
    for (const line of others.reverse()) toRead.push(line);
  }
  function clear(): void {
    pending = [];
    length = 0;
  }
  function readAll(): void {
    for (let line = toRead.pop(); line !== undefined; line = toRead.pop()) read(line);
  }
  function end(): void {
    while (pending.length > 0) {
      giveUp();
      readAll();
    }
  }
  return {
    line(line: Line): void {
      toRead.push(line);
      readAll();
    },
    /** A row that cannot be read; one that is still open is given up before it. */
    reject(line: number, reason: string): void {
      end();
      next({ line, reason });
    },
    end,
  };
}
