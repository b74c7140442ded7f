import { createTranscoder } from '../vcard/bytes.ts';
import { MAX_LINE_BYTES } from '../vcard/limits.ts';
import { createLineCutter } from '../vcard/lines.ts';
import { createRowAssembler, type Row } from './rows.ts';
import { createLineDecoder } from './text.ts';

const TOO_LONG = `The row has a line of more than ${MAX_LINE_BYTES} bytes.`;

/** What is made of a file: `begin` gets line after line until it knows the delimiter from the headers, `take` gets the rows below. */
export type RowSink = { begin(header: string): string | undefined; take(row: Row): void };

/** Reads the rows of one CSV file as it comes in, in UTF-8, UTF-16, GBK or Windows-1252. `end` is false when no headers came. */
export function createRowReader({ begin, take }: RowSink): { push(chunk: Uint8Array): void; end(): boolean } {
  const decode = createLineDecoder();
  let assembler: ReturnType<typeof createRowAssembler> | undefined;

  const cutter = createLineCutter((bytes, start, end, number) => {
    const text = decode(bytes.subarray(start, end));
    if (assembler && end - start >= MAX_LINE_BYTES) assembler.reject(number, TOO_LONG);
    else if (assembler) assembler.line({ text, number });
    else {
      const delimiter = begin(text);
      if (delimiter !== undefined) assembler = createRowAssembler(delimiter, take);
    }
  });
  const transcoder = createTranscoder(cutter.push);

  return {
    push: (chunk) => transcoder.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)),
    end() {
      transcoder.end();
      cutter.end();
      assembler?.end();
      return assembler !== undefined;
    },
  };
}
