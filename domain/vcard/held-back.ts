/** Bytes, and pieces, that are held back at most to guess the encoding of a file by. */
const MOST = { bytes: 65_536, pieces: 1_000 };

/** A part of a file that waits until the file's encoding is known. */
export type Piece = { bytes: Buffer };

/**
 * Hands pieces on until `take` refuses one, as its text is in an encoding that nobody has named; from there on it holds them back, until there are
 * enough of them, or no more, for `settle` to say which. `take` refuses nothing afterwards.
 */
export function createHoldBack<P extends Piece>(take: (piece: P) => boolean, settle: (held: readonly P[]) => void) {
  let held: P[] | undefined;
  let length = 0;

  function hold(pieces: P[], piece: P): void {
    pieces.push({ ...piece, bytes: Buffer.from(piece.bytes) });
    length += piece.bytes.length;
    if (length >= MOST.bytes || pieces.length >= MOST.pieces) release();
  }
  function release(): void {
    const pieces = held ?? [];
    held = undefined;
    if (pieces.length > 0) settle(pieces);
    for (const piece of pieces) take(piece);
  }
  return {
    /** `piece.bytes` need only be good during the call */
    push(piece: P): void {
      if (held) hold(held, piece);
      else if (!take(piece)) {
        held = [];
        hold(held, piece);
      }
    },
    end: release,
  };
}
