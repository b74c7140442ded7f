/**
 * A message of an event stream (WHATWG HTML, section 9.2), made once for all to whom it is sent:
 * `chunk` is it as a chunk of HTTP/1.1 (RFC 9112, section 7.1), `text` the part of it without the
 * chunk's frame.
 */
export type Line = { chunk: Buffer; text: Buffer };

/** Milliseconds after which a client that lost the stream should come back. */
const RETRY = 2_000;
/** The same for one that had to make room for another of its owner. */
const RETRY_REPLACED = 60_000;

export const GREETING = frame(`retry: ${RETRY}\n\n`);
/** Keeps proxies from closing a quiet connection. */
export const HEARTBEAT = frame(': heartbeat\n\n');
export const REPLACED = frame(`retry: ${RETRY_REPLACED}\nevent: replaced\ndata: {}\n\n`);

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
