import { request } from 'undici';
import { signatureHeaders } from '../../runtime/secret/webhook-signature.ts';
import type { Outcome } from '../../service/telling/outcome.ts';
import type { SinkContext } from './context.ts';

/** An event on its way. `token`: that the sink has asked for. */
export type Posted = { id: string; body: string; secrets: readonly Buffer[]; token: string | undefined };

/**
 * Hands an event to a sink, by the CloudEvents HTTP protocol binding, section 3.2. Of the answer only its status is read: any 2xx is `taken`,
 * 410 `gone`, and a redirect, which is not followed, `failed`; an address that may not be connected to is `unreachable`. `now`: milliseconds since the epoch.
 */
export async function postEvent(
  { agent, patience, stopped }: Pick<SinkContext, 'agent' | 'patience' | 'stopped'>,
  sink: string,
  { id, body, secrets, token }: Posted,
  now: number,
): Promise<Outcome> {
  // `AbortSignal.any` would leave an entry for each event at the signal that lives as long as the worker.
  const ending = new AbortController();
  const end = () => ending.abort();
  const timer = setTimeout(end, patience);
  stopped.addEventListener('abort', end);
  if (stopped.aborted) end();
  try {
    const response = await request(sink, {
      dispatcher: agent,
      method: 'POST',
      headers: {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'user-agent': 'Earshot',
        ...signatureHeaders(secrets, { id, time: now, body }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body,
      signal: ending.signal,
    });
    response.body.on('error', () => {}).destroy();
    return outcomeOf(response.statusCode);
  } catch {
    return 'unreachable';
  } finally {
    clearTimeout(timer);
    stopped.removeEventListener('abort', end);
  }
}

/** What HTTP says of what was sent, and not of who sends it, how much, or where to (RFC 9110, section 15.5). */
const OF_THE_EVENT: readonly number[] = [400, 409, 413, 422];

function outcomeOf(status: number): Outcome {
  if (status >= 200 && status < 300) return 'taken';
  if (status === 410) return 'gone';
  return OF_THE_EVENT.includes(status) ? 'refused' : 'failed';
}
