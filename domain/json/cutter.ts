const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** What one value may have: bytes, values within it, and levels of lists and objects. */
export type ValueLimits = { bytes: number; values: number; depth: number };

/** A value's bytes, good until the next call; or what it has too much of, its bytes passed over. */
export type CutValue = Buffer | keyof ValueLimits;

/**
 * Finds where one JSON value (RFC 8259) ends, without reading it, in bytes that come in pieces. Neither time for a byte nor memory grows with the
 * value: what is over a limit is not kept.
 */
export function createValueCutter(limits: ValueLimits) {
  let pieces: Buffer[] = [];
  let length = 0;
  let values = 0;
  let depth = 0;
  let inString = false;
  let escaped = false;
  let excess: keyof ValueLimits | undefined;

  /** The place after the value's last byte; -1 when it goes on. */
  function endIn(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at] as number;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) {
          inString = false;
          if (depth === 0) return at + 1;
        }
      } else if (byte === QUOTE) inString = true;
      else if (byte === OPEN_OBJECT || byte === OPEN_LIST) open();
      else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        if (depth === 0) return at;
        depth -= 1;
        if (depth === 0) return at + 1;
      } else if (depth === 0 && isBetween(byte)) return at;
      else if (byte === COMMA) count();
    }
    return -1;
  }
  function open(): void {
    depth += 1;
    if (depth > limits.depth) excess ??= 'depth';
    count();
  }
  function count(): void {
    values += 1;
    if (values > limits.values) excess ??= 'values';
  }
  function keep(piece: Buffer): void {
    length += piece.length;
    if (length > limits.bytes) excess ??= 'bytes';
    if (excess) pieces = [];
    else pieces.push(piece);
  }
  function taken(): CutValue {
    const value = excess ?? (pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces));
    pieces = [];
    length = values = depth = 0;
    excess = undefined;
    return value;
  }
  return {
    /** Goes on with the value; `end` is the place after it, undefined when it goes on in the next piece. */
    push(bytes: Buffer, from: number): { end: number; value: CutValue } | undefined {
      const end = endIn(bytes, from);
      keep(end < 0 ? Buffer.from(bytes.subarray(from)) : bytes.subarray(from, end));
      return end < 0 ? undefined : { end, value: taken() };
    },
  };
}

function isBetween(byte: number): boolean {
  return byte === COMMA || isBlank(byte);
}

/** RFC 8259, section 2. */
export function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
