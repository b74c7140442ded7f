import { expect } from 'chai';
import type { Person } from '../api.ts';
import { eventually } from '../eventually.ts';

export type StreamEvent = { event: string; data: Record<string, unknown> };

export type EventStream = Awaited<ReturnType<typeof openEvents>>;

/** A subscriber's friends, live (`GET …/friends/events`). `id`: of whom, when the token is a carrier's. */
export async function openEvents(server: { gatewayUrl: string }, person: Pick<Person, 'token'>, id = 'me') {
  const abort = new AbortController();
  const response = await fetch(`${server.gatewayUrl}/v1/subscribers/${id}/friends/events`, {
    headers: { authorization: `Bearer ${person.token}` },
    signal: abort.signal,
  });
  expect(response.status).to.equal(200);
  expect(response.headers.get('content-type')).to.contain('text/event-stream');
  const events: StreamEvent[] = [];
  let ended = false;
  void read(response, events).finally(() => {
    ended = true;
  });
  return {
    events,
    ended: () => ended,
    close: () => abort.abort(),
    /** Waits for an event of that name that `check` accepts. */
    async next(event: string, check: (data: Record<string, unknown>) => void): Promise<void> {
      await eventually(() => {
        const found = events.filter((one) => one.event === event);
        expect(found, `events called ${event}`).to.not.be.empty;
        check(found.at(-1)?.data ?? {});
      });
    },
  };
}

async function read(response: Response, events: StreamEvent[]): Promise<void> {
  let rest = '';
  try {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, event] = /^event: (.*)$/m.exec(block) ?? [];
        const [, data] = /^data: (.*)$/m.exec(block) ?? [];
        if (event && data) events.push({ event, data: JSON.parse(data) });
      }
    }
  } catch {
    // The connection ended: the caller asks `ended()`.
  }
}
