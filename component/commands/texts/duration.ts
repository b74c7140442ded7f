const UNITS = [
  { unit: 'hour', seconds: 3_600 },
  { unit: 'minute', seconds: 60 },
] as const;

/** A time to wait, rounded up, in the largest unit of which there are two: `90 seconds`, `6 hours`. `language`: a BCP 47 tag. */
export function duration(language: string, seconds: number): string {
  const { unit, seconds: size } = UNITS.find((one) => seconds >= 2 * one.seconds) ?? { unit: 'second', seconds: 1 };
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(
    Math.ceil(seconds / size),
  );
}
