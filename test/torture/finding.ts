/** Something that must never be, however often it is tried again. */
export class Finding extends Error {}
