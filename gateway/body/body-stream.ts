import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { LARGEST_UPLOAD } from '../../domain/book/address-book.ts';
import { Fault } from '../../domain/fault.ts';
import { takeTurns } from '../../runtime/turns.ts';
import { inRoom, type Pace } from './body-pace.ts';

/** Bytes that a reader is given at once: few enough that whatever they hold is read in a moment. */
const SLICE = 4 * 1024;
/** As slow as a body may come: what Apache httpd takes for too slow (mod_reqtimeout). */
export const PACE: Pace = { patience: 20_000, bytesASecond: 500 };

/**
 * The bytes of a body that is read as it comes, unzipped where it was zipped, in small pieces, between which others have their turn.
 * @throws Fault PAYLOAD_TOO_LARGE, REQUEST_TIMEOUT for one that stands still, UNAVAILABLE where it has to make room, while they are read
 */
export function bytesOf(
  request: FastifyRequest,
  payload: AsyncIterable<Buffer>,
  most: number = LARGEST_UPLOAD,
): AsyncIterable<Buffer> {
  // What was unzipped has been counted.
  const chunks = payload === request.raw ? upToLimit(arriving(request.raw), most) : payload;
  return inSlices(inRoom(chunks, request.holding, PACE), request.raw);
}

/**
 * The same of a body whose parts are worked on as they come, however long that takes: whoever sends it may wait for what
 * became of one before sending the next. @throws Fault UNAVAILABLE where it has to make room, while they are read
 */
export function bytesWithoutEnd({ raw, holding }: FastifyRequest): AsyncIterable<Buffer> {
  return inSlices(inRoom(arriving(raw), holding), raw);
}

/** A body as it arrives. What is left of it when its reader stops is read over, so that the client gets to see its answer. */
export async function* arriving(raw: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    yield* raw.iterator({ destroyOnReturn: false });
  } catch {
    throw hungUp();
  } finally {
    raw.resume();
  }
}

/** The bytes as they are, until they are more than `most`. @throws Fault PAYLOAD_TOO_LARGE */
export async function* upToLimit(chunks: AsyncIterable<Buffer>, most: number = LARGEST_UPLOAD): AsyncGenerator<Buffer> {
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    requireSize(length, most);
    yield chunk;
  }
}

/** Nobody waits any more for what a body says whose sender has hung up, and little may have become very much unzipped. */
async function* inSlices(chunks: AsyncIterable<Buffer>, { socket }: IncomingMessage): AsyncGenerator<Buffer> {
  for await (const chunk of chunks)
    for (let from = 0; from < chunk.length; from += SLICE) {
      await takeTurns();
      if (socket.destroyed) throw hungUp();
      yield chunk.subarray(from, from + SLICE);
    }
}

/** Nobody reads this answer; the audit trail says how the call ended. */
export function hungUp(): Fault {
  return new Fault('CANCELLED', 'The connection ended before the call was done; send it again.');
}

/** @throws Fault PAYLOAD_TOO_LARGE */
export function requireSize(length: number, most: number = LARGEST_UPLOAD): void {
  if (length > most)
    throw new Fault('PAYLOAD_TOO_LARGE', `The body is larger than ${most} bytes, or becomes so unzipped.`);
}
