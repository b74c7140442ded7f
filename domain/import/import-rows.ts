/** A subscriber as a provisioning file names it; the texts are as they came. */
export type ImportedSubscriber = {
  phoneNumber: string;
  otherPhoneNumbers?: string[];
  displayName?: string;
  jid?: string;
};

/** One row by its position from 1, broken ones counted; or why it cannot be read. */
export type ImportRow = { row: number; subscriber: ImportedSubscriber } | { row: number; reason: string };

/** Reads rows as they come in: `push` returns those that its chunk completed, `end` those that were left. */
export type ImportReader = { push(chunk: Uint8Array): ImportRow[]; end(): ImportRow[] };

/** The columns of a CSV file, and the keys of a row in JSON. */
export const IMPORT_FIELDS = ['phoneNumber', 'otherPhoneNumbers', 'displayName', 'jid'] as const;
