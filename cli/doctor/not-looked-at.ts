/** Something else has to be mended before this can be looked at; the message says what. */
export class NotLookedAt extends Error {}
