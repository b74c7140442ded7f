import { setTimeout as sleep } from 'node:timers/promises';
import type { ImportReader, ImportRow } from '../../domain/import/import-rows.ts';

/** Rows that are worked on together at most: each step of them holds Redis up for a moment. */
const BATCH = 200;
/** For so many others counts a row that may have an account made, which takes long: others are told soon that they are done. */
const ACCOUNT = 5;
/** Milliseconds for which rows wait for others. */
const GATHERING = 10;

/** The rows of a file, as many at a time as come soon one after the other. */
export async function* rowBatches(file: AsyncIterable<Buffer>, reader: ImportReader): AsyncGenerator<ImportRow[]> {
  const pieces = file[Symbol.asyncIterator]();
  let rows: ImportRow[] = [];
  try {
    let next = pieces.next();
    let soon: Promise<undefined> | undefined;
    for (;;) {
      if (rows.length === 0) soon = undefined;
      else soon ??= sleep(GATHERING, undefined);
      const piece = await Promise.race([next, ...(soon ? [soon] : [])]);
      if (piece?.done) break;
      if (piece) {
        rows.push(...reader.push(piece.value));
        next = pieces.next();
        next.catch(() => {}); // Its turn comes above.
      }
      if (rows.length < BATCH && piece) continue;
      yield* batches(rows);
      rows = [];
    }
    yield* batches([...rows, ...reader.end()]);
  } finally {
    pieces.return?.().catch(() => {});
  }
}

function* batches(rows: readonly ImportRow[]): Generator<ImportRow[]> {
  let batch: ImportRow[] = [];
  let weight = 0;
  for (const row of rows) {
    batch.push(row);
    weight += 'subscriber' in row && !row.subscriber.jid ? ACCOUNT : 1;
    if (weight < BATCH) continue;
    yield batch;
    [batch, weight] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}
