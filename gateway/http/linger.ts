import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';

/** Milliseconds that a client may go on sending what is not wanted. */
const PATIENCE = 2_000;

/**
 * Reads and drops the rest of a body before it is refused: a connection that is closed while the client still sends
 * takes the answer with it (RFC 9112, section 9.6).
 */
export async function linger(request: IncomingMessage): Promise<void> {
  if (request.complete) return;
  request.resume();
  await once(request, 'end', { signal: AbortSignal.timeout(PATIENCE) }).catch(() => {});
}
