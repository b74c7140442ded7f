/** One side from which strangers' data comes in. `inputs`: how many a night, and how many in the normal tests. */
export type Surface = {
  name: string;
  inputs: { nightly: number; brief: number };
  /** Feeds `count` inputs made from `seed`; what went wrong comes back, one line a finding. */
  run(count: number, seed: number): Promise<Outcome>;
};

/** `note`: what was measured, for the terminal. */
export type Outcome = { findings: string[]; note?: string };

/** An input as it can stand in a finding. */
export function shown(input: unknown, length = 600): string {
  const text = JSON.stringify(input, (_, value) =>
    value?.type === 'Buffer' ? `base64:${Buffer.from(value.data).toString('base64')}` : value,
  );
  return text.length > length ? `${text.slice(0, length)}… (${text.length} characters)` : text;
}
