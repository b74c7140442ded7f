import { type Columns, readColumns } from './csv/columns.ts';
import { type CsvContact, contactOf } from './csv/contact.ts';
import { splitRow } from './csv/quotes.ts';
import { createRowAssembler, type Row } from './csv/rows.ts';
import { createLineDecoder } from './csv/text.ts';
import { Fault } from './fault.ts';
import { createTranscoder } from './vcard/bytes.ts';
import { MAX_LINE_BYTES } from './vcard/limits.ts';
import { createLineCutter } from './vcard/lines.ts';

export type { CsvContact } from './csv/contact.ts';

/** One row of the file, by its position from 0 after the header, broken ones counted; else as a card's result. */
export type CsvResult = { index: number; contact: CsvContact } | { index: number; line: number; reason: string };

/** Reads address books as they come in: `push` returns the rows that its chunk completed, `end` those that were left. */
export type CsvReader = { push(chunk: Uint8Array): CsvResult[]; end(): CsvResult[] };

const TOO_LONG = `The row has a line of more than ${MAX_LINE_BYTES} bytes.`;
const NOBODY = 'The row has no name and no telephone number.';
const NO_HEADER =
  'The first line of the CSV file must name its columns, as Google Contacts and Outlook write them: "Name", or "First Name" and "Last Name"; ' +
  'at least one of "Phone 1 - Value", "Mobile Phone", "Home Phone", "Phone"; and if you like "Labels" or "Categories".';

/**
 * A reader of one CSV file (RFC 4180; comma, semicolon or tab), its columns known by their headers. A broken row is a result with its reason
 * and stops nothing. Memory does not grow with the file.
 * `push` and `end` throw Fault INVALID_ARGUMENT when no column holds telephone numbers: such a file is no address book.
 */
export function createCsvReader(): CsvReader {
  const decode = createLineDecoder();
  let results: CsvResult[] = [];
  let rows = 0;
  let delimiter: string | undefined;
  let columns: Columns | undefined;
  let assembler: ReturnType<typeof createRowAssembler> | undefined;

  function take(row: Row): void {
    if (columns === undefined) return;
    if ('reason' in row) results.push({ index: rows++, ...row });
    else if (row.text.trim() !== '') {
      const contact = contactOf(splitRow(row.text, columns.delimiter), columns.roles);
      results.push(contact ? { index: rows++, contact } : { index: rows++, line: row.line, reason: NOBODY });
    }
  }
  function begin(header: string): void {
    const told = /^sep=(.)$/.exec(header);
    if (told) delimiter = told[1];
    if (told || header.trim() === '') return;
    columns = readColumns(header, delimiter);
    if (columns === undefined) throw new Fault('INVALID_ARGUMENT', NO_HEADER);
    assembler = createRowAssembler(columns.delimiter, take);
  }
  const cutter = createLineCutter((bytes, start, end, number) => {
    const text = decode(bytes.subarray(start, end));
    if (assembler === undefined) begin(text);
    else if (end - start >= MAX_LINE_BYTES) assembler.reject(number, TOO_LONG);
    else assembler.line({ text, number });
  });
  const transcoder = createTranscoder(cutter.push);
  function taken(): CsvResult[] {
    const ready = results;
    results = [];
    return ready;
  }
  return {
    push(chunk) {
      transcoder.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      return taken();
    },
    end() {
      transcoder.end();
      cutter.end();
      if (assembler === undefined) throw new Fault('INVALID_ARGUMENT', NO_HEADER);
      assembler.end();
      return taken();
    },
  };
}
