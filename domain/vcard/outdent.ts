import type { LineSink } from './lines.ts';

const SPACE = 32;
const TAB = 9;
const LONGEST = 40;
const MOST_OPEN = 16;

/**
 * Removes the indentation of cards, or of the lines between BEGIN and END. A line that begins with
 * a blank usually continues the line before (folding, RFC 2426 2.6). In an indented card it does so
 * only if it is indented further than the card; `BEGIN:VCARD` never does.
 */
export function createOutdent(next: LineSink): LineSink {
  /** Of the cards that are open, the innermost last. */
  let indents: number[] = [];
  let begun = false;

  function outdent(blanks: number): number {
    if (begun && blanks > 0) indents = [...indents.slice(0, -1), blanks];
    const indent = indents.at(-1) ?? 0;
    return blanks < indent ? 0 : indent;
  }
  return (bytes, start, end, line) => {
    const blanks = blanksAt(bytes, start, end);
    const text = start + blanks;
    const marker = text === end ? undefined : markerAt(bytes, text, end);
    if (marker === 'BEGIN') indents = [...indents.slice(-MOST_OPEN), blanks];
    else if (marker === 'END') indents = indents.slice(0, -1);
    next(bytes, marker === undefined ? start + outdent(text === end ? 0 : blanks) : text, end, line);
    begun = marker === 'BEGIN' || (begun && text === end);
  };
}

function blanksAt(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && at - start < LONGEST && (bytes[at] === SPACE || bytes[at] === TAB)) at += 1;
  return at - start;
}

function markerAt(bytes: Buffer, start: number, end: number): 'BEGIN' | 'END' | undefined {
  const first = (bytes[start] ?? 0) | 0x20;
  if ((first !== 0x62 && first !== 0x65) || end - start < 9 || end - start > 32) return undefined;
  const found = /^(BEGIN|END)\s*:\s*VCARD\s*$/i.exec(bytes.toString('latin1', start, end));
  return found?.[1]?.toUpperCase() as 'BEGIN' | 'END' | undefined;
}
