import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { LARGEST_UPLOAD } from '../domain/address-book.ts';
import { Fault } from '../domain/fault.ts';
import { takeTurns } from '../runtime/turns.ts';

/** Bytes that a reader is given at once: few enough that whatever they hold is read in a moment. */
const SLICE = 8 * 1024;

/** The bytes of a body that is read as it comes, unzipped where it was zipped. @throws Fault PAYLOAD_TOO_LARGE, while they are read */
export function bytesOf(request: FastifyRequest, payload: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  // What was unzipped has been counted.
  return payload === request.raw ? upToLimit(arriving(request.raw)) : payload;
}

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

/** The bytes in small pieces, between which others have their turn. */
export async function* inSlices(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks)
    for (let from = 0; from < chunk.length; from += SLICE) {
      await takeTurns();
      yield chunk.subarray(from, from + SLICE);
    }
}

/** @throws Fault PAYLOAD_TOO_LARGE */
export function requireUploadSize(length: number): void {
  if (length > LARGEST_UPLOAD)
    throw new Fault('PAYLOAD_TOO_LARGE', `The body is larger than ${LARGEST_UPLOAD} bytes, or becomes so unzipped.`);
}
