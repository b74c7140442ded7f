import type { Online } from '../../domain/account/presence.ts';

/**
 * A message of an event stream (WHATWG HTML, section 9.2), made once for all to whom it is sent:
 * `chunk` is it as a chunk of HTTP/1.1 (RFC 9112, section 7.1), `text` the part of it without the
 * chunk's frame.
 */
export type Line = { chunk: Buffer; text: Buffer };

/** Milliseconds after which a client that lost the stream should come back. */
const RETRY = 2_000;
/** The same for one that had to make room for another of its subscriber. */
const RETRY_REPLACED = 60_000;

export const GREETING = frame(`retry: ${RETRY}\n\n`);
/** Keeps proxies from closing a quiet connection. */
export const HEARTBEAT = frame(': heartbeat\n\n');
export const REPLACED = frame(`retry: ${RETRY_REPLACED}\nevent: replaced\ndata: {}\n\n`);
/** What is told of who plays nothing, or nothing that this one may see. */
export const NOTHING = 'null';

/** `json`: the data, written out. */
export function toLine(event: string, json: string): Line {
  return frame(`event: ${event}\ndata: ${json}\n\n`);
}

/** Any piece of a stream. */
export function frame(text: string): Line {
  const length = Buffer.byteLength(text);
  const head = `${length.toString(16)}\r\n`;
  const chunk = Buffer.from(`${head}${text}\r\n`);
  return { chunk, text: chunk.subarray(head.length, head.length + length) };
}

/** `tune`: JSON of what the friend plays. */
export function tuneLine(subscriberId: string, tune: string): Line {
  return toLine('now-playing', `{"subscriberId":${JSON.stringify(subscriberId)},"nowPlaying":${tune}}`);
}

/** `avatar`: only when that is what changed. */
export function presenceLine(subscriberId: string, online: Online, avatar?: string | null): Line {
  return toLine('presence', JSON.stringify({ subscriberId, ...online, avatar }));
}

/** Somebody is a friend no longer. */
export function removedLine(subscriberId: string): Line {
  return toLine('friend-removed', JSON.stringify({ subscriberId }));
}
