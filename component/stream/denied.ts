/** The server answered that it will not do what was asked for: the same request at once would meet the same answer. */
export class Denied extends Error {}
