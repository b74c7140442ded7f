import { once } from 'node:events';
import { type IncomingMessage, request as open } from 'node:http';
import { expect } from 'chai';
import { typeOf } from '../../../domain/subscription/event-types.ts';
import { eventually } from '../eventually.ts';
import { undocumentedInEvent } from './documented-event.ts';

/** A message with data. `event`: empty for an event of a subscriber. */
export type CarrierMessage = { id: string; event: string; data: CarrierEvent };
/** As CloudEvents has it. */
export type CarrierEvent = { id: string; type: string; subject?: string; data: Record<string, unknown> };

export type CarrierStream = ReturnType<typeof openCarrierStream>;

/**
 * A carrier's program that follows `GET /v1/events` as an EventSource does (WHATWG HTML, section 9.2): comes back by itself with the id that it read
 * last, as soon as it can. `path`: with what is asked for. `gateways`: asked in turn; `from`: the id that it has kept.
 */
export function openCarrierStream(
  gateways: () => readonly string[],
  headers: Record<string, string>,
  path = '/v1/events',
  from = '',
) {
  const messages: CarrierMessage[] = [];
  /** Of each answer, what it was. */
  const statuses: number[] = [];
  /** What was not as the API's document says. */
  const faults: string[] = [];
  let lastId = from;
  let tries = 0;
  let isOver = false;
  let response: IncomingMessage | undefined;
  const done = follow();

  async function follow(): Promise<void> {
    while (!isOver) {
      const all = gateways();
      const url = all[tries % all.length] as string;
      tries += 1;
      await ask(url).catch(() => {});
      if (!isOver) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function ask(url: string): Promise<void> {
    const asking = open(`${url}${path}`, {
      agent: false,
      headers: { ...headers, ...(lastId === '' ? {} : { 'last-event-id': lastId }) },
    }).end();
    asking.on('error', () => {});
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    statuses.push(answer.statusCode ?? 0);
    if (answer.statusCode !== 200) return void answer.destroy();
    response = answer;
    let rest = '';
    for await (const chunk of answer.setEncoding('utf8')) {
      if (isOver || response !== answer) return;
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) take(block);
    }
  }

  function take(block: string): void {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
    lastId = field('id') ?? lastId;
    const data = field('data');
    const event = field('event') ?? '';
    if (data !== undefined) messages.push({ id: lastId, event, data: JSON.parse(data) });
    if (data !== undefined && event === '') faults.push(...undocumentedInEvent(JSON.parse(data)));
    if (event === 'replaced') isOver = true;
  }

  return {
    messages,
    statuses,
    /** Those about subscribers, or the stream itself. */
    events: () => messages.filter(({ event }) => event === '').map(({ data }) => data),
    lastId: () => lastId,
    isOver: () => isOver,
    /** Waits until it is there. */
    async begun(): Promise<void> {
      await eventually(() => expect(statuses).to.include(200));
      await eventually(() => expect(lastId).to.not.equal(''));
    },
    /** Waits until the last events, from that one on, are of these kinds. */
    async hears(kinds: readonly string[], from = 0): Promise<void> {
      await eventually(() =>
        expect(
          messages
            .filter(({ event }) => event === '')
            .slice(from)
            .map(({ data }) => data.type),
        ).to.deep.equal(kinds.map((kind) => typeOf(kind as 'subscriber-added'))),
      );
    },
    /** The connection breaks; it comes back by itself. */
    breaks(): void {
      response?.destroy();
    },
    async close(): Promise<void> {
      isOver = true;
      response?.destroy();
      await done;
      expect(faults).to.deep.equal([]);
    },
  };
}
