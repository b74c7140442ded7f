/** `night` when EARSHOT_WHOLE=1 asks for the long tests in their whole length, as `.ci/night` does; else `usual`. */
export function whole(night: number, usual: number): number {
  return process.env.EARSHOT_WHOLE === '1' ? night : usual;
}
