import { expect } from 'chai';
import { createJsonLinesReader } from '../../../domain/import/import-json-lines.ts';
import { IMPORT_HOLDS, rowBatches } from '../../../gateway/imports/row-batches.ts';

async function* inPieces(text: string): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += 4_096) yield bytes.subarray(from, from + 4_096);
}

async function sizesOf(line: string, count: number): Promise<number[]> {
  const sizes: number[] = [];
  for await (const rows of rowBatches(inPieces(`${line}\n`.repeat(count)), createJsonLinesReader()))
    sizes.push(rows.length);
  return sizes;
}

describe('the rows of an import', () => {
  it('are worked on many at a time, and few where they are large', async () => {
    const row = JSON.stringify({ phoneNumber: '+8613900139000', displayName: 'x'.repeat(100) });
    const usual = await sizesOf(row, 1_500);
    expect(Math.max(...usual)).to.equal(500);
    const line = JSON.stringify({ phoneNumber: '+8613900139000', displayName: 'x'.repeat(89_000) });
    const large = await sizesOf(line, 30);
    expect(large.reduce((sum, size) => sum + size, 0)).to.equal(30);
    // Those that are gathered, those that are worked on side by side, and one batch that comes.
    expect(5 * Math.max(...large) * line.length).to.be.below(IMPORT_HOLDS);
  });
});
