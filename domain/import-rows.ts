import { MAX_LINE_BYTES } from './vcard/limits.ts';
import { createLineCutter } from './vcard/lines.ts';

/** A subscriber as a provisioning file names it; the texts are as they came. */
export type ImportedSubscriber = { phoneNumber: string; displayName?: string; jid?: string };

/** One row by its position from 1, broken ones counted; or why it cannot be read. */
export type ImportRow = { row: number; subscriber: ImportedSubscriber } | { row: number; reason: string };

/** Reads rows as they come in: `push` returns those that its chunk completed, `end` those that were left. */
export type ImportReader = { push(chunk: Uint8Array): ImportRow[]; end(): ImportRow[] };

const FIELDS = ['phoneNumber', 'displayName', 'jid'];

/** A reader of JSON lines (https://jsonlines.org), one subscriber a line. Empty lines are no rows. Memory does not grow with the file. */
export function createJsonLinesReader(): ImportReader {
  let rows: ImportRow[] = [];
  let row = 0;
  const cutter = createLineCutter((bytes, start, end) => {
    const text = bytes.toString('utf8', start, end).trim();
    if (text === '') return;
    row += 1;
    rows.push(
      end - start >= MAX_LINE_BYTES
        ? { row, reason: `The line is longer than ${MAX_LINE_BYTES} bytes.` }
        : readLine(row, text),
    );
  });
  function taken(): ImportRow[] {
    const ready = rows;
    rows = [];
    return ready;
  }
  return {
    push(chunk) {
      cutter.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      return taken();
    },
    end() {
      cutter.end();
      return taken();
    },
  };
}

function readLine(row: number, text: string): ImportRow {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { row, reason: 'The line is no JSON.' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { row, reason: 'The line is no JSON object.' };
  for (const [field, content] of Object.entries(value)) {
    if (!FIELDS.includes(field)) return { row, reason: `There is a field besides ${FIELDS.join(', ')}.` };
    if (typeof content !== 'string') return { row, reason: `${field} is no text.` };
  }
  return 'phoneNumber' in value
    ? { row, subscriber: value as ImportedSubscriber }
    : { row, reason: 'phoneNumber is missing.' };
}
