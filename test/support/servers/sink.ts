import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import { eventually } from '../eventually.ts';
import { undocumentedInEvent } from '../http/documented-event.ts';

/** An event as a sink has got it, and whether the sink has taken it. */
export type SinkEvent = {
  id: string;
  type: string;
  source: string;
  subject?: string;
  time: string;
  data: Record<string, unknown>;
  headers: IncomingHttpHeaders;
  taken: boolean;
};

/** What a sink does with a request: a status, or whatever it likes. */
type Answer = number | ((response: ServerResponse) => void);

/**
 * A carrier's receiver of events, which checks each signature with the library that Standard Webhooks keeps, and that each event is as
 * the API's document says.
 */
export async function startSink() {
  const events: SinkEvent[] = [];
  const faults: string[] = [];
  const strange: string[] = [];
  let secrets: string[] = [];
  let answer: Answer = 204;
  const http = createServer(async (request, response) => {
    try {
      let body = '';
      for await (const chunk of request.setEncoding('utf8')) body += chunk;
      const now: Answer = answer;
      if (secrets.length > 0) requireSigned(secrets, body, request.headers);
      const taken = typeof now === 'number' && now < 300;
      const event = JSON.parse(body);
      strange.push(...undocumentedInEvent(event));
      events.push({ ...event, headers: request.headers, taken });
      if (typeof now === 'number') response.writeHead(now).end();
      else now(response);
    } catch (err) {
      // A worker that is killed breaks off.
      if (!request.complete) return;
      faults.push(`${err}`);
      response.writeHead(401).end();
    }
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/events`;
  const taken = () => events.filter((event) => event.taken);

  return {
    url,
    events,
    taken,
    faults,
    /** One of these has to have signed what comes from now on. */
    expectSecrets(...some: string[]): void {
      secrets = some;
    },
    answer(now: Answer): void {
      answer = now;
    },
    /** Waits until events of these kinds have come since `from`, one after the other, and no other in between. */
    async hears(kinds: readonly string[], from = 0): Promise<SinkEvent[]> {
      return eventually(() => {
        const some = taken().slice(from);
        expect(some.map(kindOf)).to.deep.equal(kinds);
        expect(faults).to.deep.equal([]);
        return some;
      });
    },
    async stop(): Promise<void> {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      expect(strange, 'not as the document says').to.deep.equal([]);
    },
  };
}

export type Sink = Awaited<ReturnType<typeof startSink>>;

/** The last word of its type. */
export function kindOf({ type }: Pick<SinkEvent, 'type'>): string {
  return type.slice(type.lastIndexOf('.') + 1);
}

function requireSigned(secrets: readonly string[], body: string, headers: IncomingHttpHeaders): void {
  const signed = secrets.some((secret) => {
    try {
      new Webhook(secret).verify(body, headers as Record<string, string>);
      return true;
    } catch {
      return false;
    }
  });
  expect(signed, 'signed').to.equal(true);
}
