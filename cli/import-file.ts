import { createReadStream } from 'node:fs';
import { createJsonLinesReader, type ImportRow } from '../domain/import-rows.ts';
import { UsageError } from './usage-error.ts';

/** The rows of a provisioning file, and how much of the file was read for them. @throws UsageError when it cannot be read */
export async function* readRows(file: string): AsyncGenerator<{ row: ImportRow; bytesRead: number }> {
  const reader = createJsonLinesReader();
  const stream = createReadStream(file);
  try {
    for await (const chunk of stream)
      for (const row of reader.push(chunk as Buffer)) yield { row, bytesRead: stream.bytesRead };
  } catch (err) {
    throw 'code' in (err as object) ? new UsageError(`${file} cannot be read: ${(err as Error).message}`) : err;
  }
  for (const row of reader.end()) yield { row, bytesRead: stream.bytesRead };
}
