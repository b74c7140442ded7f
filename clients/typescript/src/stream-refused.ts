import type { Problem } from './generated/types.gen.js';

/** A stream was refused, and asking again does not help. */
export class StreamRefused extends Error {
  readonly problem: Problem | undefined;

  constructor(status: number, problem: Problem | undefined) {
    super(problem?.detail ?? `The stream was refused with ${status}.`);
    this.name = 'StreamRefused';
    this.problem = problem;
  }
}
