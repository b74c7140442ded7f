import { ListenBrainzFault } from './fault.ts';
import { checkListen, type Listen } from './listen.ts';

export type ListenType = 'playing_now' | 'single' | 'import';
export type Submission = { type: ListenType; listens: Listen[] };

const TYPES: readonly unknown[] = ['playing_now', 'single', 'import'];
/** Listens of one import, bytes of one listen, and so of a request. */
const MOST_LISTENS = 1_000;
const LARGEST_LISTEN = 10_240;
export const LARGEST_SUBMISSION = MOST_LISTENS * LARGEST_LISTEN;

/** Reads the body of `/1/submit-listens`. `now`: seconds. @throws ListenBrainzFault 400 in the words of listenbrainz-server */
export function readSubmission(body: unknown, now: number): Submission {
  const { listen_type: type, payload } = readJson(body);
  if (type === undefined || !Array.isArray(payload)) throw refused('Invalid JSON document submitted.');
  if (payload.length === 0) throw refused('JSON document does not contain any listens');
  if (!TYPES.includes(type)) throw refused('JSON document requires a valid listen_type key.');
  if (type !== 'import' && payload.length > 1)
    throw refused('JSON document contains more than listen for a single/playing_now. It should contain only one.');
  if (payload.length > MOST_LISTENS)
    throw refused(`Too many listens. You may not submit more than ${MOST_LISTENS} listens at once.`);
  const listens = payload.map((listen) => {
    if (sizeOf(listen) > LARGEST_LISTEN)
      throw refused(`JSON document is too large. Listens may not be larger than ${LARGEST_LISTEN} characters.`);
    return checkListen(listen, type === 'playing_now', now);
  });
  return { type: type as ListenType, listens };
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
