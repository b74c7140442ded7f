import { type Decoder, decoderFor, decodeUtf8 } from './charsets.ts';
import { guessCharset } from './guess-charset.ts';
import type { Property } from './property.ts';
import { decodeTransfer } from './transfer.ts';

const LINE_END = Buffer.from('\n');

/** Decodes the texts of one file. */
export type TextDecoding = {
  /** UTF-8, else what was guessed; undefined as long as that is to be done. */
  decode(bytes: Buffer): string | undefined;
  /** Guesses the encoding of all that is not UTF-8 by some of it. */
  settle(texts: readonly Buffer[]): void;
};

/** For one file. What was guessed first is favoured for the rest, as a file seldom has two encodings. */
export function createTextDecoding(): TextDecoding {
  let favoured: string | undefined;
  return {
    decode(bytes) {
      const text = decodeUtf8(bytes);
      if (text !== undefined || favoured === undefined) return text;
      return decoderFor(guessCharset(bytes, favoured))?.decode(bytes) ?? bytes.toString('latin1');
    },
    settle(texts) {
      const legacy = texts.filter((bytes) => decodeUtf8(bytes) === undefined);
      favoured = guessCharset(Buffer.concat(legacy.flatMap((bytes) => [bytes, LINE_END])));
    },
  };
}

/** Decodes a property's bytes by its ENCODING and CHARSET; undefined as long as the file's encoding must be guessed first. */
export type ValueDecoder = {
  decode(property: Property): string | undefined;
  settle(properties: readonly Property[]): void;
};

/** A decoder for the values of one file; a CHARSET that nobody knows counts as none. */
export function createValueDecoder(): ValueDecoder {
  const decoders = new Map<string, Decoder | undefined>();
  const unlabelled = createTextDecoding();

  function labelled({ parameters }: Property): Decoder | undefined {
    const label = /;\s*CHARSET\s*=\s*"?([^;":]{1,40})/.exec(parameters)?.[1]?.trim();
    if (label === undefined) return undefined;
    if (!decoders.has(label) && decoders.size < 20) decoders.set(label, decoderFor(label));
    return decoders.get(label);
  }
  return {
    decode(property) {
      const bytes = decodeTransfer(property);
      return labelled(property)?.decode(bytes) ?? unlabelled.decode(bytes);
    },
    settle(properties) {
      unlabelled.settle(properties.filter((property) => !labelled(property)).map(decodeTransfer));
    },
  };
}
