import { type ColumnReader, type ColumnReport, createColumnReader } from './csv/column-report.ts';
import { readColumns } from './csv/columns.ts';
import type { CsvContact } from './csv/contact.ts';
import { SAMPLE } from './csv/limits.ts';
import { createRowReader } from './csv/row-reader.ts';
import type { Row } from './csv/rows.ts';
import { Fault } from './fault.ts';

export type { ColumnReport } from './csv/column-report.ts';
export type { CsvContact } from './csv/contact.ts';

/** What became of one row: a contact, or why it is none. `index`: its place after the header, from 0, broken rows counted; `line`: of the file. */
export type CsvResult = { index: number; contact: CsvContact } | { index: number; line: number; reason: string };

/** Reads address books as they come in: `push` returns the rows that its chunk completed, `end` those that were left. */
export type CsvReader = {
  push(chunk: Uint8Array): CsvResult[];
  end(): CsvResult[];
  /** Of the rows so far; undefined before the headers have come. */
  columns(): ColumnReport | undefined;
};

const NOBODY = 'The row has no name and no telephone number.';
const NO_HEADER =
  'The first line of the CSV file must name its columns, as Google Contacts and Outlook write them: "Name", or "First Name" and "Last Name"; ' +
  'at least one of "Phone 1 - Value", "Mobile Phone", "Home Phone", "Phone"; and if you like "Labels" or "Categories".';

/**
 * A reader of one CSV file (RFC 4180; comma, semicolon or tab), its columns known by their headers, or by what they hold. A broken row is a
 * result with its reason and stops nothing. Memory does not grow with the file.
 * `push` and `end` throw Fault INVALID_ARGUMENT when no column holds telephone numbers: such a file is no address book.
 */
export function createCsvReader(): CsvReader {
  let results: CsvResult[] = [];
  let rows = 0;
  let told: string | undefined;
  let columns: ColumnReader | undefined;
  let sample: Row[] | undefined = [];
  let sampleLength = 0;

  function begin(header: string): string | undefined {
    const [, delimiter] = /^sep=(.)$/.exec(header) ?? [];
    told ??= delimiter;
    if (delimiter !== undefined || header.trim() === '') return undefined;
    const found = readColumns(header, told);
    if (found === undefined) throw noHeader();
    columns = createColumnReader(found);
    return found.delimiter;
  }
  function take(row: Row): void {
    if (sample === undefined) read(row);
    else if (sampled(sample, row)) settle();
  }
  function sampled(first: Row[], row: Row): boolean {
    first.push(row);
    sampleLength += 'text' in row ? row.text.length : 0;
    return first.length >= SAMPLE.rows || sampleLength >= SAMPLE.length;
  }
  function settle(): void {
    const first = sample ?? [];
    sample = undefined;
    if (!columns?.learn(first.flatMap((row) => ('text' in row ? [row.text] : [])))) throw noHeader();
    for (const row of first) read(row);
  }
  function read(row: Row): void {
    if ('reason' in row) results.push({ index: rows++, ...row });
    else if (row.text.trim() !== '') {
      const contact = columns?.contactOf(row.text);
      results.push(contact ? { index: rows++, contact } : { index: rows++, line: row.line, reason: NOBODY });
    }
  }
  const reader = createRowReader({ begin, take });
  function taken(): CsvResult[] {
    const ready = results;
    results = [];
    return ready;
  }
  return {
    push(chunk) {
      reader.push(chunk);
      return taken();
    },
    end() {
      if (!reader.end()) throw noHeader();
      if (sample !== undefined) settle();
      return taken();
    },
    columns: () => columns?.report(),
  };
}

function noHeader(): Fault {
  return new Fault('INVALID_ARGUMENT', NO_HEADER);
}
