import { createTranscoder } from './vcard/bytes.ts';
import { createCardCollector, type VcardResult } from './vcard/collector.ts';
import { createLineCutter } from './vcard/lines.ts';
import { createOutdent } from './vcard/outdent.ts';
import { createUnfolder } from './vcard/unfold.ts';

export type { VcardContact, VcardGroup } from './vcard/card.ts';
export type { VcardResult } from './vcard/collector.ts';

/** Reads address books as they come in: `push` returns the cards that its chunk completed, `end` those that were left. */
export type VcardReader = { push(chunk: Uint8Array): VcardResult[]; end(): VcardResult[] };

/**
 * A reader of one file of cards: vCard 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350), mixed. A broken card is a result with its reason and stops
 * nothing; no input throws. Text in an encoding that nobody names is guessed by the first 64 kB of it. Memory does not grow with the file: larger photos and unused properties are never kept.
 */
export function createVcardReader(): VcardReader {
  const collector = createCardCollector();
  const unfolder = createUnfolder(collector.wants, collector.property);
  const cutter = createLineCutter(createOutdent(unfolder.line));
  const transcoder = createTranscoder(cutter.push);
  return {
    push(chunk) {
      transcoder.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      return collector.take();
    },
    end() {
      transcoder.end();
      if (cutter.end()) collector.cutOff();
      unfolder.end();
      collector.end();
      return collector.take();
    },
  };
}

/** The cards of a whole file that is in memory already. */
export function readVcards(bytes: Uint8Array): VcardResult[] {
  const reader = createVcardReader();
  return [...reader.push(bytes), ...reader.end()];
}
