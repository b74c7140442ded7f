import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { createCsvReader } from '../../domain/csv.ts';
import { Fault } from '../../domain/fault.ts';
import { createImportCsvReader } from '../../domain/import/import-csv.ts';
import { createJsonLinesReader } from '../../domain/import/import-json-lines.ts';
import { createVcardReader } from '../../domain/vcard.ts';
import { fixtureFiles, IMPORT_CSV, IMPORT_LINES } from './corpus.ts';
import { cuts, inPieces, mutatedBytes } from './mutated-bytes.ts';
import type { Surface } from './surface.ts';

type Reader = { push(chunk: Uint8Array): unknown[]; end(): unknown[] };

/** Every reader of files, in this process: nothing but a Fault is thrown, and the pieces do not change the result. */
export const readerSurfaces: Surface[] = [
  surfaceOf('vCards', createVcardReader, fixtureFiles('vcard', '.vcf'), { nightly: 12_000, brief: 400 }),
  surfaceOf('CSV books', createCsvReader, fixtureFiles('csv', '.csv'), { nightly: 10_000, brief: 400 }),
  surfaceOf('CSV imports', createImportCsvReader, [IMPORT_CSV], { nightly: 6_000, brief: 200 }),
  surfaceOf('JSON lines', createJsonLinesReader, [IMPORT_LINES], { nightly: 6_000, brief: 200 }),
];

function surfaceOf(name: string, create: () => Reader, seeds: Buffer[], inputs: Surface['inputs']): Surface {
  return {
    name,
    inputs,
    async run(count, seed) {
      const property = fc.property(mutatedBytes(seeds), cuts, (bytes, at) =>
        isDeepStrictEqual(read(create(), [bytes]), read(create(), inPieces(bytes, at))),
      );
      const result = fc.check(property, { seed, numRuns: count });
      return { findings: result.failed ? [fc.defaultReportMessage(result) ?? 'failed'] : [] };
    },
  };
}

/** What came out, and whether the file was refused in the end; of a refused file it does not matter what came before. */
function read(reader: Reader, pieces: readonly Buffer[]): unknown {
  try {
    return [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
  } catch (err) {
    if (err instanceof Fault && err.code === 'INVALID_ARGUMENT') return err.message;
    throw err;
  }
}
