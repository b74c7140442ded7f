/** The seed of a run: that of EARSHOT_FUZZ_SEED, to see a finding again, or the one given. */
export function seedOr(usual: number): number {
  const text = process.env.EARSHOT_FUZZ_SEED ?? '';
  if (text === '') return usual;
  const seed = Number(text);
  if (!Number.isSafeInteger(seed)) throw new Error('EARSHOT_FUZZ_SEED must be a whole number.');
  return seed;
}
