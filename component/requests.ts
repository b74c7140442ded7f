import { randomUUID } from 'node:crypto';
import { Fault } from '../domain/fault.ts';
import { stanzaErrorOf } from './stanza-error.ts';
import type { Element } from './xml.ts';

/** Milliseconds that a server may take: some never answer what they do not permit. */
const TIMEOUT = 10_000;

type Pending = { from: string; resolve(answer: Element): void; reject(error: Error): void; timer: NodeJS.Timeout };

export type Requests = ReturnType<typeof createRequests>;

/**
 * IQ requests that wait for their answers (RFC 6120, section 8.2.3). Ids cannot be guessed, and an answer counts only when it
 * comes from the address that was asked.
 */
export function createRequests(send: (stanza: Element) => Promise<void>) {
  const pending = new Map<string, Pending>();

  function take(id: string): Pending | undefined {
    const request = pending.get(id);
    if (request) clearTimeout(request.timer);
    pending.delete(id);
    return request;
  }

  return {
    /** @throws StanzaError the server's own; Fault UNAVAILABLE when no answer came or the stream broke. */
    request(iq: Element, timeout = TIMEOUT): Promise<Element> {
      const id = randomUUID();
      iq.attrs.id = id;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          pending.delete(id);
          reject(new Fault('UNAVAILABLE', `The XMPP server did not answer within ${timeout} ms.`));
        }, timeout);
        pending.set(id, { from: iq.attrs.to ?? '', resolve, reject, timer });
        send(iq).catch((error: Error) => take(id)?.reject(new Fault('UNAVAILABLE', `Not sent: ${error.message}`)));
      });
    },

    /** Hands an incoming stanza to the request it answers. */
    answer(stanza: Element): void {
      const { id, from, type } = stanza.attrs;
      if (stanza.name !== 'iq' || (type !== 'result' && type !== 'error') || id === undefined) return;
      if (pending.get(id)?.from !== from) return;
      if (type === 'error') take(id)?.reject(stanzaErrorOf(stanza));
      else take(id)?.resolve(stanza);
    },

    /** The stream is gone: what was in flight will never be answered. */
    fail(): void {
      for (const id of [...pending.keys()])
        take(id)?.reject(new Fault('UNAVAILABLE', 'The stream to the XMPP server broke.'));
    },
  };
}
