/** The seed of a run: that of EARSHOT_SEED, for other inputs or to see a finding again; the same one otherwise. */
export function seedOr(usual: number): number {
  const text = process.env.EARSHOT_SEED ?? '';
  if (text === '') return usual;
  const seed = Number(text);
  if (!Number.isSafeInteger(seed)) throw new Error('EARSHOT_SEED must be a whole number.');
  return seed;
}

/** What the normal tests begin with, so that a red one is about the change. */
export const SEED = seedOr(1);

/** Mulberry32: from 0 to 1, the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Instead of Math.random in tests: the same numbers in each run of a file. */
export const random = randomFrom(SEED);
