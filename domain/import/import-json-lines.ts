import { MAX_LINE_BYTES } from '../vcard/limits.ts';
import { createLineCutter } from '../vcard/lines.ts';
import { IMPORT_FIELDS, type ImportedSubscriber, type ImportReader, type ImportRow } from './import-rows.ts';

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
    if (!(IMPORT_FIELDS as readonly string[]).includes(field))
      return { row, reason: `There is a field besides ${IMPORT_FIELDS.join(', ')}.` };
    const fault = field === 'otherPhoneNumbers' ? notTexts(content) : typeof content !== 'string' && 'no text';
    if (fault) return { row, reason: `${field} is ${fault}.` };
  }
  return 'phoneNumber' in value
    ? { row, subscriber: value as ImportedSubscriber }
    : { row, reason: 'phoneNumber is missing.' };
}

function notTexts(content: unknown): string | false {
  const texts = Array.isArray(content) && content.every((text) => typeof text === 'string');
  return !texts && 'no list of texts';
}
