import type { Bookmark } from '../../service/telling/streams.ts';

/** As `id` of an event, and `Last-Event-ID` of whoever comes back (WHATWG HTML, section 9.2): the stream's id, a dot, and the position. */
export function writeBookmark({ stream, position }: Bookmark): string {
  return `${stream}.${position}`;
}

/** Undefined for a client that has none, and null for one that is none of ours. */
export function readBookmark(header: string | undefined): Bookmark | null | undefined {
  if (header === undefined || header === '') return undefined;
  const [, stream, position] = /^([0-9a-f-]{36})\.(\d{1,15})$/.exec(header) ?? [];
  return stream === undefined ? null : { stream, position: Number(position) };
}
