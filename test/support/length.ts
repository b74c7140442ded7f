/** EARSHOT_WHOLE=1 asks for the long tests in their whole length, as `.ci/night` does. */
export const WHOLE = process.env.EARSHOT_WHOLE === '1';

/** `night` where the long tests run in their whole length; else `usual`. */
export function whole(night: number, usual: number): number {
  return WHOLE ? night : usual;
}
