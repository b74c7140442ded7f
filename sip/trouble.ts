/**
 * The presence server was not told, and shall be told again after `pause` milliseconds. The message is for the operator's log, and
 * says nothing about a person.
 */
export class Trouble extends Error {
  override readonly name = 'Trouble';
  readonly pause: number;
  constructor(message: string, pause: number) {
    super(message);
    this.pause = pause;
  }
}

/** About that time, from half of it to half as much again, so that many who wait do not come back at once. */
export function about(milliseconds: number, random: () => number = Math.random): number {
  return Math.round(milliseconds * (0.5 + random()));
}
