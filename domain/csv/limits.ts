/** Characters of a row whose quoted fields hold line breaks; a longer one has lost a quotation mark. */
export const MAX_ROW_LENGTH = 262_144;
/** Columns of the header that are looked at. */
export const MAX_COLUMNS = 1000;
/** Rows, and characters of them, by which unknown columns are judged before the first contact is handed on. */
export const SAMPLE = { rows: 100, length: 262_144 };
