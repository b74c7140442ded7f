import { MAX_HEADER_BYTES, MAX_LINE_BYTES } from './limits.ts';
import type { LineSink } from './lines.ts';
import { type Header, readHeader } from './property.ts';

const SPACE = 32;
const TAB = 9;
const EQUALS = 61;
const NO_HEADER: Header = { name: '', quotedPrintable: false };

/** Receives one whole property, unfolded; `bytes` is only good during the call, `line` is where it began. */
export type PropertySink = (name: string, bytes: Buffer, line: number) => void;

/**
 * Joins folded lines (RFC 2426 2.6, RFC 6350 3.2) and quoted-printable soft breaks into properties, as bytes, because a fold may
 * stand inside a character. Properties that `wants` refuses, such as photos, are read over without being kept.
 */
export function createUnfolder(
  wants: (name: string) => boolean,
  next: PropertySink,
): { line: LineSink; end: () => void } {
  const kept = Buffer.alloc(MAX_LINE_BYTES);
  let keptLength = 0;
  let name = '';
  let headerOpen = false;
  let firstLine = 0;
  let quotedPrintable = false;
  let softBreak = false;
  let blankAfterBreak: boolean | undefined;
  let version21 = false;

  function keep(bytes: Buffer, start: number, end: number): void {
    const stop = quotedPrintable ? softBreakAt(bytes, start, end) : end;
    softBreak = stop < end;
    if (name !== '' || headerOpen) keptLength += bytes.copy(kept, keptLength, start, stop);
    if (headerOpen) readHeaderAgain();
  }
  /** A header may be folded too; what is long and has no colon is none. */
  function readHeaderAgain(): void {
    const header = readHeader(kept, 0, keptLength);
    headerOpen = header === undefined && keptLength < MAX_HEADER_BYTES;
    if (header === undefined) return;
    takeHeader(header);
    if (!quotedPrintable) return;
    const stop = softBreakAt(kept, 0, keptLength);
    softBreak = stop < keptLength;
    keptLength = stop;
  }
  function takeHeader(header: Header): void {
    name = wants(header.name) ? header.name : '';
    quotedPrintable = header.quotedPrintable;
  }
  function finish(): void {
    if (name !== '') next(name, kept.subarray(0, keptLength), firstLine);
    if (name === 'VERSION') version21 = kept.toString('latin1', 0, keptLength).trimEnd().endsWith('2.1');
    else if (name === 'BEGIN') version21 = false;
    name = '';
    keptLength = 0;
  }
  function begin(bytes: Buffer, start: number, end: number, line: number): void {
    finish();
    firstLine = line;
    blankAfterBreak = undefined;
    const header = readHeader(bytes, start, end);
    headerOpen = header === undefined;
    takeHeader(header ?? NO_HEADER);
    keep(bytes, start, end);
  }
  /** Some programs fold at their soft breaks as well: the blank is theirs when it stands after the property's first break. */
  function afterSoftBreak(bytes: Buffer, start: number, end: number): void {
    const blank = isBlank(bytes[start]);
    blankAfterBreak ??= blank;
    keep(bytes, blank && blankAfterBreak ? start + 1 : start, end);
  }
  return {
    line(bytes, start, end, line) {
      if (start === end) softBreak = false;
      else if (softBreak && !isStructure(bytes, start, end)) afterSoftBreak(bytes, start, end);
      else if (!isBlank(bytes[start])) begin(bytes, start, end, line);
      // vCard 2.1 folds before a blank that belongs to the text; later versions add a blank.
      else keep(bytes, version21 ? start : start + 1, end);
    },
    end: finish,
  };
}

/** A broken soft break before the end of a card must not swallow the card that follows. */
function isStructure(bytes: Buffer, start: number, end: number): boolean {
  return end - start < 32 && /^(?:BEGIN|END)\s*:\s*VCARD\s*$/i.test(bytes.toString('latin1', start, end));
}

/** Where the `=` of a soft break stands, blanks after it let pass; `end` when the line has none (RFC 2045 6.7). */
function softBreakAt(bytes: Buffer, start: number, end: number): number {
  let last = end - 1;
  while (last > start && isBlank(bytes[last])) last -= 1;
  return bytes[last] === EQUALS ? last : end;
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}
