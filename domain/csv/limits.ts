/** Characters of a row whose quoted fields hold line breaks; a longer one has lost a quotation mark. */
export const MAX_ROW_LENGTH = 262_144;
/** Columns of the header that are looked at. */
export const MAX_COLUMNS = 1000;
