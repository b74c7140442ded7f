/** How many rows of a file ended how. */
export type Counts = { created: number; updated: number; unchanged: number; refused: number };
