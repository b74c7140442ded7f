import { Fault } from '../../../domain/fault.ts';
import type { ValueLimits } from '../../../domain/json/cutter.ts';
import { createJsonListReader } from '../../../domain/json/lists.ts';
import { ListenBrainzFault } from './fault.ts';
import { checkListen, type Listen } from './listen.ts';

export type ListenType = 'playing_now' | 'single' | 'import';
/** `listen`: the first of them. */
export type Submission = { type: ListenType; listen: Listen };
/** The listens of a body: the first as it came, which is all that is kept, and what is wrong with the others as those of an import. */
type Payload = { count: number; first: unknown; wrong: ListenBrainzFault | undefined };

const TYPES: readonly unknown[] = ['playing_now', 'single', 'import'];
/** Listens of one import, bytes of one listen, and so of a request. */
const MOST_LISTENS = 1_000;
const LARGEST_LISTEN = 10_240;
export const LARGEST_SUBMISSION = MOST_LISTENS * LARGEST_LISTEN;
/** Bytes that are held of one at most: its first listen, and the one that is read. */
export const SUBMISSION_HOLDS = 512 * 1024;

/** A listen that is written with blanks and escapes may be longer than it is. */
const LISTEN_LIMITS: ValueLimits = { bytes: 4 * LARGEST_LISTEN, values: LARGEST_LISTEN / 2, depth: 64 };

/**
 * Reads the body of `/1/submit-listens` as it arrives, and keeps next to nothing of it: a thousand listens that mean no
 * good would be a hundred megabytes. `now`: seconds.
 * @throws ListenBrainzFault 400 in the words of listenbrainz-server, and 413
 */
export async function readSubmission(bytes: AsyncIterable<Buffer>, now: number): Promise<Submission> {
  const { type, payload } = await readParts(bytes, now);
  if (type === undefined || payload === undefined) throw refused('Invalid JSON document submitted.');
  if (payload.count === 0) throw refused('JSON document does not contain any listens');
  if (!TYPES.includes(type)) throw refused('JSON document requires a valid listen_type key.');
  if (type !== 'import' && payload.count > 1)
    throw refused('JSON document contains more than listen for a single/playing_now. It should contain only one.');
  const listen = readListen(payload.first, type === 'playing_now', now);
  if (payload.wrong) throw payload.wrong;
  return { type: type as ListenType, listen };
}

const TOO_LARGE = Symbol('too large');

/** What type they are stands before the listens or after them. */
async function readParts(
  bytes: AsyncIterable<Buffer>,
  now: number,
): Promise<{ type: unknown; payload: Payload | undefined }> {
  const reader = createJsonListReader(['payload'], LISTEN_LIMITS);
  const payload: Payload = { count: 0, first: undefined, wrong: undefined };
  let type: unknown;
  try {
    for await (const piece of bytes)
      for (const part of reader.push(piece)) {
        if ('list' in part) addTo(payload, 'excess' in part ? TOO_LARGE : part.value, now);
        else if (part.field === 'listen_type') type = part.value;
      }
    reader.end();
  } catch (err) {
    if (err instanceof Fault && err.code === 'INVALID_ARGUMENT') throw refused('Cannot parse JSON document.');
    throw err;
  }
  return { type, payload: reader.begun.has('payload') ? payload : undefined };
}

/** @throws ListenBrainzFault 400 for more than may be */
function addTo(payload: Payload, listen: unknown, now: number): void {
  payload.count += 1;
  if (payload.count > MOST_LISTENS)
    throw refused(`Too many listens. You may not submit more than ${MOST_LISTENS} listens at once.`);
  if (payload.count === 1) payload.first = listen;
  else payload.wrong ??= whyNot(listen, now);
}

function whyNot(listen: unknown, now: number): ListenBrainzFault | undefined {
  try {
    readListen(listen, false, now);
    return undefined;
  } catch (err) {
    if (err instanceof ListenBrainzFault) return err;
    throw err;
  }
}

/** @throws ListenBrainzFault 400 */
function readListen(listen: unknown, playingNow: boolean, now: number): Listen {
  if (listen === TOO_LARGE || sizeOf(listen) > LARGEST_LISTEN)
    throw refused(`JSON document is too large. Listens may not be larger than ${LARGEST_LISTEN} characters.`);
  return checkListen(listen, playingNow, now);
}

/** Bytes; endless for what is nested too deep to be written. */
function sizeOf(listen: unknown): number {
  try {
    return Buffer.byteLength(JSON.stringify(listen));
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** The object that a body holds; an empty one where it may be left out. @throws ListenBrainzFault 400 */
export function readJson(body: unknown): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(typeof body === 'string' ? body : '');
  } catch {
    throw refused('Cannot parse JSON document.');
  }
  if (typeof value !== 'object' || value === null) throw refused('Invalid JSON document submitted.');
  return value as Record<string, unknown>;
}

function refused(message: string): ListenBrainzFault {
  return new ListenBrainzFault(400, message);
}
