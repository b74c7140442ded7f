/** Characters of a row whose quoted fields hold line breaks; a longer one has lost a quotation mark. */
export const MAX_ROW_LENGTH = 262_144;
/** Lines of such a row: they are all read again, at once, when the mark turns out to be lost. */
export const MAX_ROW_LINES = 2_000;
/** Columns of the header that are looked at. */
export const MAX_COLUMNS = 1000;
/** Rows, and characters of them, by which unknown columns are judged before the first contact is handed on. */
export const SAMPLE = { rows: 100, length: 65_536 };
