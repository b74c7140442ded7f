import { splitRow } from '../csv/quotes.ts';
import { createRowReader } from '../csv/row-reader.ts';
import type { Row } from '../csv/rows.ts';
import { Fault } from '../fault.ts';
import { IMPORT_FIELDS, type ImportedSubscriber, type ImportReader, type ImportRow } from './import-rows.ts';

type Columns = { delimiter: string; fields: ((typeof IMPORT_FIELDS)[number] | undefined)[] };

/** Each number begins with its plus sign and may have spaces within. */
const BETWEEN_NUMBERS = /[\s,;|]+(?=\+)/;
const DELIMITERS = [',', ';', '\t'];
const NO_HEADER =
  'The first line of the CSV file must name its columns: phoneNumber, and if you like otherPhoneNumbers, displayName and jid.';

/**
 * A reader of CSV (RFC 4180; comma, semicolon or tab) with a line of headers; columns of other names are passed over. Memory does not
 * grow with the file. `push` and `end` throw Fault INVALID_ARGUMENT when no column is called phoneNumber.
 */
export function createImportCsvReader(): ImportReader {
  let rows: ImportRow[] = [];
  let count = 0;
  let columns: Columns | undefined;

  function begin(header: string): string | undefined {
    if (header.trim() === '') return undefined;
    columns = readColumns(header);
    return columns.delimiter;
  }
  function take(row: Row): void {
    if (!columns || ('text' in row && row.text.trim() === '')) return;
    count += 1;
    rows.push('reason' in row ? { row: count, reason: row.reason } : { row: count, ...read(row.text, columns) });
  }
  const reader = createRowReader({ begin, take });
  function taken(): ImportRow[] {
    const ready = rows;
    rows = [];
    return ready;
  }
  return {
    push(chunk) {
      reader.push(chunk);
      return taken();
    },
    end() {
      reader.end();
      return taken();
    },
  };
}

function readColumns(header: string): Columns {
  for (const delimiter of DELIMITERS) {
    const names = splitRow(header, delimiter).map((name) => name.trim().toLowerCase());
    const fields = names.map((name) => IMPORT_FIELDS.find((field) => field.toLowerCase() === name));
    if (fields.includes('phoneNumber')) return { delimiter, fields };
  }
  throw new Fault('INVALID_ARGUMENT', NO_HEADER);
}

function read(text: string, { delimiter, fields }: Columns): { subscriber: ImportedSubscriber } | { reason: string } {
  const subscriber: Partial<ImportedSubscriber> = {};
  for (const [i, value] of splitRow(text, delimiter).entries()) {
    const field = fields[i];
    const text = value.trim();
    if (!field || text === '') continue;
    if (field === 'otherPhoneNumbers') subscriber[field] = text.split(BETWEEN_NUMBERS);
    else subscriber[field] = text;
  }
  const { phoneNumber } = subscriber;
  return phoneNumber === undefined
    ? { reason: 'phoneNumber is missing.' }
    : { subscriber: { ...subscriber, phoneNumber } };
}
