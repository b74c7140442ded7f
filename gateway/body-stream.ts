import type { IncomingMessage } from 'node:http';
import { LARGEST_UPLOAD } from '../domain/address-book.ts';
import { Fault } from '../domain/fault.ts';

/** A body as it arrives. What is left of it when its reader stops is read over, so that the client gets to see its answer. */
export async function* arriving(raw: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    yield* raw.iterator({ destroyOnReturn: false });
  } catch {
    throw new Fault('INVALID_ARGUMENT', 'The connection ended before the body did; send it again.');
  } finally {
    raw.resume();
  }
}

/** The bytes as they are, until they are more than an upload may have. @throws Fault PAYLOAD_TOO_LARGE */
export async function* upToLimit(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    requireUploadSize(length);
    yield chunk;
  }
}

/** @throws Fault PAYLOAD_TOO_LARGE */
export function requireUploadSize(length: number): void {
  if (length > LARGEST_UPLOAD)
    throw new Fault('PAYLOAD_TOO_LARGE', `The body is larger than ${LARGEST_UPLOAD} bytes, or becomes so unzipped.`);
}
