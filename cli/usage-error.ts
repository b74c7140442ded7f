/** A failure that the operator can mend; its message is all that is shown. */
export class UsageError extends Error {}
