/** A stage of the reader: takes bytes as they come, in pieces of any size. */
export type ByteSink = (bytes: Buffer) => void;

type Utf16 = 'utf-16le' | 'utf-16be';

/**
 * Turns a file in UTF-16 into UTF-8 before `next` sees it and hands every other file on as it is. The encoding shows in the first two
 * bytes: a byte order mark, or a letter beside a zero.
 */
export function createTranscoder(next: ByteSink): { push: ByteSink; end: () => void } {
  let first: Buffer | undefined = Buffer.alloc(0);
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  function pass(bytes: Buffer): void {
    next(decoder === undefined ? bytes : Buffer.from(decoder.decode(bytes, { stream: true })));
  }
  function decide(bytes: Buffer): void {
    first = undefined;
    const encoding = utf16(bytes);
    if (encoding !== undefined) decoder = new TextDecoder(encoding);
    pass(bytes);
  }
  return {
    push(bytes) {
      if (first === undefined) return pass(bytes);
      first = Buffer.concat([first, bytes]);
      if (first.length >= 2) decide(first);
    },
    end() {
      if (first !== undefined) decide(first);
      if (decoder !== undefined) next(Buffer.from(decoder.decode()));
    },
  };
}

function utf16([a, b]: Buffer): Utf16 | undefined {
  if ((a === 0xff && b === 0xfe) || (a !== undefined && a > 0 && b === 0)) return 'utf-16le';
  if ((a === 0xfe && b === 0xff) || (a === 0 && b !== undefined && b > 0)) return 'utf-16be';
  return undefined;
}
