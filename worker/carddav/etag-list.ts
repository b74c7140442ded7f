import { createHash } from 'node:crypto';

/** Bytes of a uid, which is a SHA-256, and of the mark of an ETag. */
const UID = 32;
const MARK = 4;

/**
 * The state of a collection whose server does not tell what changed: for each card its uid and a
 * mark of its ETag, 36 bytes, as base64.
 */
export function packEtags(marks: ReadonlyMap<string, string>): string {
  const records = [...marks].map(([uid, mark]) =>
    Buffer.concat([Buffer.from(uid, 'base64url'), Buffer.from(mark, 'hex')]),
  );
  return Buffer.concat(records).toString('base64');
}

/** uid → mark, from what `packEtags` made. */
export function unpackEtags(packed: string): Map<string, string> {
  const bytes = Buffer.from(packed, 'base64');
  const marks = new Map<string, string>();
  for (let at = 0; at + UID + MARK <= bytes.length; at += UID + MARK) {
    const uid = bytes.subarray(at, at + UID).toString('base64url');
    marks.set(uid, bytes.subarray(at + UID, at + UID + MARK).toString('hex'));
  }
  return marks;
}

/** The part of an ETag's hash that is kept: enough to see that a card has changed. */
export function markOf(etag: string): string {
  return createHash('sha256')
    .update(etag)
    .digest('hex')
    .slice(0, 2 * MARK);
}
