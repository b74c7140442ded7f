import { createHash } from 'node:crypto';

/** What If-Match or If-None-Match names: any representation, or these (RFC 9110, section 8.8.3). `value`: without its quotes. */
export type Named = '*' | readonly { value: string; weak: boolean }[];

/** What there is: undefined when nothing is, an empty tag where there is something that no tag was ever given for. */
export type Present = string | undefined;

const TAGS = /[\s,]*(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*(?=,|$)/gy;

/** What a header field names; undefined when these are no entity tags. */
export function readTags(header: string): Named | undefined {
  const text = header.trim();
  if (text === '*') return '*';
  const tags = [...text.matchAll(TAGS)];
  const rest = text.slice(tags.reduce((length, [whole]) => length + whole.length, 0));
  if (tags.length === 0 || /[^\s,]/.test(rest)) return undefined;
  return tags.map(([, weak, value = '']) => ({ value, weak: weak !== undefined }));
}

/** Whether If-Match holds: section 13.1.1, by the strong comparison, to which no weak tag is equal. */
export function holdsMatch(named: Named, present: Present): boolean {
  if (present === undefined) return false;
  return named === '*' || named.some(({ value, weak }) => !weak && value === present);
}

/** Whether If-None-Match holds: section 13.1.2, by the weak comparison. */
export function holdsNoneMatch(named: Named, present: Present): boolean {
  if (present === undefined) return true;
  return named !== '*' && !named.some(({ value }) => value === present);
}

/** The tag of what is shown, without quotes. */
export function tagOf(shown: unknown): string {
  return createHash('sha256').update(JSON.stringify(shown)).digest('base64url').slice(0, 22);
}

/** The tag of what is shown, of which only a part has a version: that a change compares, a GET the whole tag. */
export function tagWithVersion(version: number, shown: unknown): string {
  return `${version}.${tagOf(shown)}`;
}

/** Tags by their versions alone. */
export function versionsOf(named: Named): Named {
  return named === '*' ? named : named.map(({ value, weak }) => ({ value: value.replace(/\..*/, ''), weak }));
}

/** As it stands in ETag (RFC 9110, section 8.8.3). */
export function quoted(tag: string): string {
  return `"${tag}"`;
}
