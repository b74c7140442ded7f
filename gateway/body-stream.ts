import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { LARGEST_UPLOAD } from '../domain/address-book.ts';
import { Fault } from '../domain/fault.ts';

const CHUNK = 64 * 1024;

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

/**
 * A gzip body (RFC 1952) unzipped as it is read, never further than an upload may be large. `receivedEncodedLength` is what the framework
 * compares with Content-Length.
 */
export function unzip(raw: IncomingMessage): Readable & { receivedEncodedLength: number } {
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of upToLimit(arriving(raw))) {
      body.receivedEncodedLength += chunk.length;
      yield chunk;
    }
  }
  const unzipped = Readable.from(upToLimit(gunzip(counted())), { objectMode: false });
  const body = Object.assign(unzipped, { receivedEncodedLength: 0 });
  // The framework stops listening when it has had enough; an error after that concerns nobody.
  return body.on('error', () => {});
}

async function* gunzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const inflater = createGunzip({ chunkSize: CHUNK });
  const feeding = pipeline(Readable.from(chunks, { objectMode: false }), inflater);
  feeding.catch(() => {}); // The same error reaches the loop below.
  try {
    yield* inflater;
  } catch (err) {
    throw err instanceof Fault ? err : new Fault('INVALID_ARGUMENT', 'The body is no valid gzip, or it ends early.');
  }
}
