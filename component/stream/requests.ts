import { randomUUID } from 'node:crypto';
import { bareOf, sameJid } from '../../domain/account/jid.ts';
import { Fault } from '../../domain/fault.ts';
import { stanzaErrorOf } from './stanza-error.ts';
import type { Element } from './xml.ts';

/** Milliseconds that a server may take: some never answer what they do not permit. */
const TIMEOUT = 10_000;

/** No answer came, while others got theirs: it is the account that does not answer, and not the server. */
export class Unanswered extends Fault {}

type Pending = {
  from: string;
  sent: number;
  resolve(answer: Element): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
};

export type Requests = ReturnType<typeof createRequests>;

/**
 * IQ requests that wait for their answers (RFC 6120, section 8.2.3). Ids cannot be guessed, and an answer counts only when it
 * comes from the address that was asked, as the server writes it.
 */
export function createRequests(send: (stanza: Element) => Promise<void>) {
  const pending = new Map<string, Pending>();
  let lastAnswer = 0;

  function take(id: string): Pending | undefined {
    const request = pending.get(id);
    if (request) clearTimeout(request.timer);
    pending.delete(id);
    return request;
  }

  return {
    /** @throws StanzaError the server's own; Fault UNAVAILABLE when no answer came (Unanswered) or the stream broke. */
    request(iq: Element, timeout = TIMEOUT): Promise<Element> {
      const id = randomUUID();
      iq.attrs.id = id;
      const sent = performance.now();
      return new Promise((resolve, reject) => {
        const giveUp = () => {
          if (!pending.delete(id)) return;
          const Reason = lastAnswer > sent ? Unanswered : Fault;
          reject(new Reason('UNAVAILABLE', `The XMPP server did not answer within ${timeout} ms.`));
        };
        // A process that stood still reads what has come meanwhile first: its answer may be there.
        const timer = setTimeout(() => setImmediate(giveUp), timeout);
        pending.set(id, { from: iq.attrs.to ?? '', sent, resolve, reject, timer });
        send(iq).catch((error: Error) => take(id)?.reject(new Fault('UNAVAILABLE', `Not sent: ${error.message}`)));
      });
    },

    /** Hands an incoming stanza to the request it answers; false where it answers none. */
    answer(stanza: Element): boolean {
      const { id, from, type } = stanza.attrs;
      if (stanza.name !== 'iq' || (type !== 'result' && type !== 'error') || id === undefined) return false;
      const asked = pending.get(id)?.from;
      if (asked === undefined || !sameJid(asked, from ?? '')) return false;
      lastAnswer = performance.now();
      if (type === 'error') take(id)?.reject(stanzaErrorOf(stanza));
      else take(id)?.resolve(stanza);
      return true;
    },

    /** For how many milliseconds somebody has waited for an answer of this account or one of its clients; 0 when nobody waits. */
    waiting(bareJid: string): number {
      const sent = [...pending.values()].find(({ from }) => bareOf(from) === bareJid)?.sent;
      return sent === undefined ? 0 : performance.now() - sent;
    },

    /** The stream is gone: what was in flight will never be answered. */
    fail(): void {
      for (const id of [...pending.keys()])
        take(id)?.reject(new Fault('UNAVAILABLE', 'The stream to the XMPP server broke.'));
    },
  };
}
