import { createReadStream } from 'node:fs';
import { createImportCsvReader } from '../domain/import/import-csv.ts';
import { createJsonLinesReader } from '../domain/import/import-json-lines.ts';
import type { ImportRow } from '../domain/import/import-rows.ts';
import { UsageError } from './usage-error.ts';

/** The rows of a provisioning file (CSV by its name, else JSON lines), and how much of the file was read for them. @throws UsageError when it cannot be read */
export async function* readRows(file: string): AsyncGenerator<{ row: ImportRow; bytesRead: number }> {
  const reader = /\.(?:csv|tsv|txt)$/i.test(file) ? createImportCsvReader() : createJsonLinesReader();
  const stream = createReadStream(file);
  try {
    for await (const chunk of stream)
      for (const row of reader.push(chunk as Buffer)) yield { row, bytesRead: stream.bytesRead };
  } catch (err) {
    throw err instanceof Error ? new UsageError(`${file} cannot be read: ${err.message}`) : err;
  }
  for (const row of reader.end()) yield { row, bytesRead: stream.bytesRead };
}
