import { setTimeout as sleep } from 'node:timers/promises';
import type { ImportReader, ImportRow } from '../../domain/import/import-rows.ts';

/** Rows that are worked on together at most: each step of them holds Redis up for a moment. */
const BATCH = 500;
/** Bytes of a file whose rows are worked on together: twice what 500 rows with all that a row may have need. */
const BATCH_BYTES = 256 * 1024;
/** Bytes that an import holds at most, of the batches that it gathers and works on at a time. */
export const IMPORT_HOLDS = 4 * 1024 * 1024;
/** Milliseconds for which rows wait for others. */
const GATHERING = 50;

/** The rows of a file, as many at a time as come soon one after the other. */
export async function* rowBatches(file: AsyncIterable<Buffer>, reader: ImportReader): AsyncGenerator<ImportRow[]> {
  const pieces = file[Symbol.asyncIterator]();
  const gathered = createGathering();
  try {
    let next = pieces.next();
    let soon: Promise<undefined> | undefined;
    for (;;) {
      if (gathered.isEmpty()) soon = undefined;
      else soon ??= sleep(GATHERING, undefined);
      const piece = await Promise.race([next, ...(soon ? [soon] : [])]);
      if (piece?.done) break;
      if (!piece) yield gathered.rest();
      else {
        next = pieces.next();
        next.catch(() => {}); // Its turn comes above.
        yield* gathered.add(reader.push(piece.value), piece.value.length);
      }
    }
    yield* gathered.add(reader.end(), 0);
    if (!gathered.isEmpty()) yield gathered.rest();
  } finally {
    pieces.return?.().catch(() => {});
  }
}

/** Rows that wait for others. */
function createGathering() {
  let batch: ImportRow[] = [];
  let bytes = 0;
  function rest(): ImportRow[] {
    const ready = batch;
    batch = [];
    bytes = 0;
    return ready;
  }
  return {
    isEmpty: () => batch.length === 0,
    rest,
    /** The batches that these rows complete, which so many bytes have brought. */
    *add(rows: readonly ImportRow[], length: number): Generator<ImportRow[]> {
      bytes += length;
      for (const row of rows) {
        batch.push(row);
        if (batch.length >= BATCH || bytes >= BATCH_BYTES) yield rest();
      }
    },
  };
}
