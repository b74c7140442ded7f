import { createTranscoder } from '../vcard/bytes.ts';
import { createTextDecoding } from '../vcard/decode.ts';
import { createHoldBack, type Piece } from '../vcard/held-back.ts';
import { MAX_LINE_BYTES } from '../vcard/limits.ts';
import { createLineCutter } from '../vcard/lines.ts';
import { createRowAssembler, type Row } from './rows.ts';

const TOO_LONG = `The row has a line of more than ${MAX_LINE_BYTES} bytes.`;

/** What is made of a file: `begin` gets line after line until it knows the delimiter from the headers, `take` gets the rows below. */
export type RowSink = { begin(header: string): string | undefined; take(row: Row): void };

/** Reads the rows of one CSV file as it comes in, in UTF-8, UTF-16 or an encoding that is guessed. `end` is false when no headers came. */
export function createRowReader({ begin, take }: RowSink): { push(chunk: Uint8Array): void; end(): boolean } {
  const decoding = createTextDecoding();
  let assembler: ReturnType<typeof createRowAssembler> | undefined;

  function read(text: string, bytes: Buffer, number: number): void {
    if (assembler && bytes.length >= MAX_LINE_BYTES) assembler.reject(number, TOO_LONG);
    else if (assembler) assembler.line({ text, number });
    else {
      const delimiter = begin(text);
      if (delimiter !== undefined) assembler = createRowAssembler(delimiter, take);
    }
  }
  const lines = createHoldBack<Piece & { number: number }>(
    ({ bytes, number }) => {
      const text = decoding.decode(bytes);
      if (text !== undefined) read(text.startsWith('\ufeff') ? text.slice(1) : text, bytes, number);
      return text !== undefined;
    },
    (held) => decoding.settle(held.map(({ bytes }) => bytes)),
  );
  const cutter = createLineCutter((bytes, start, end, number) =>
    lines.push({ bytes: bytes.subarray(start, end), number }),
  );
  const transcoder = createTranscoder(cutter.push);

  return {
    push: (chunk) => transcoder.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)),
    end() {
      transcoder.end();
      cutter.end();
      lines.end();
      assembler?.end();
      return assembler !== undefined;
    },
  };
}
