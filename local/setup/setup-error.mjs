/** An expected failure: the message tells the operator what to do, and no stack trace is needed. */
export class SetupError extends Error {}
