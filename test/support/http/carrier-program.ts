import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';

// A carrier's own program: it knows Earshot by its HTTP API alone, and uses nothing else of this project.

/** An event as the carrier has believed it. */
export type Believed = { id: string; kind: string; subject: string; data: Record<string, unknown> };

/** What an import says of a row. */
export type Report = { row: number; outcome: string; subscriberId?: string; password?: string };
type ImportLine = Report | { done: true; importId: string } | { stopped: { row: number } };

export type CarrierProgram = Awaited<ReturnType<typeof startCarrierProgram>>;

/** Milliseconds after which a call that got no answer, or was told to come back, is made again. */
const AGAIN = 200;
const KINDS = ['subscriber-added', 'subscriber-removed', 'numbers-changed', 'consent-changed', 'now-playing-changed'];

/** Subscribes to what happens to its lines. `key`: of a credential that may; `urlOf`: where Earshot is. */
export async function startCarrierProgram({ urlOf, key }: { urlOf: () => string; key: string }) {
  const events: Believed[] = [];
  const faults: string[] = [];
  const lines = new Map<string, string>();
  const seen = new Set<string>();
  let webhook: Webhook | undefined;

  const server = createServer(async (request, response) => {
    let body = '';
    try {
      for await (const chunk of request.setEncoding('utf8')) body += chunk;
    } catch {
      // Whoever sent it was killed.
      return;
    }
    try {
      believe(webhook?.verify(body, request.headers as Record<string, string>));
      response.writeHead(204).end();
    } catch (err) {
      faults.push(`${err}`);
      response.writeHead(401).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const made = await call('POST', '/v1/subscriptions', {
    protocol: 'HTTP',
    sink: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    types: KINDS.map((kind) => `org.earshot.v1.${kind}`),
  });
  webhook = new Webhook(String(made.secret));
  while ((await call('GET', `/v1/subscriptions/${made.id}`)).status !== 'ACTIVE') await sleep(AGAIN);

  /** An event may come twice. */
  function believe(event: unknown): void {
    const { id, type, subject = '', data } = event as { type: string; subject?: string } & Omit<Believed, 'kind'>;
    if (seen.has(id)) return;
    seen.add(id);
    const kind = type.slice(type.lastIndexOf('.') + 1);
    events.push({ id, kind, subject, data });
    if (kind === 'subscriber-added') for (const number of data.phoneNumbers as string[]) lines.set(number, subject);
  }

  function ask(
    method: string,
    path: string,
    body: string | undefined,
    type: string,
    more: Record<string, string> = {},
  ): Promise<Response> {
    const headers = {
      authorization: `Bearer ${key}`,
      ...more,
      ...(body === undefined ? {} : { 'content-type': type }),
    };
    return fetch(urlOf() + path, { method, headers, ...(body === undefined ? {} : { body }) });
  }

  /** Until it is done: what could not be answered is asked for again. */
  async function call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    for (;;) {
      const text = body && JSON.stringify(body);
      const answer = await ask(method, path, text, 'application/json').catch(() => undefined);
      const said = await answer?.text().catch(() => undefined);
      if (answer?.ok && said !== undefined) return said === '' ? {} : JSON.parse(said);
      if (answer && answer.status < 500 && answer.status !== 429)
        throw new Error(`${method} ${path}: ${answer.status} ${said}`);
      await sleep(AGAIN);
    }
  }

  /** What is told of these rows, line by line, for as long as the connection lasts. */
  async function* toldOf(rows: readonly object[], key: string): AsyncGenerator<ImportLine> {
    const body = rows.map((row) => JSON.stringify(row)).join('\n');
    const named = { 'idempotency-key': key };
    const answer = await ask('POST', '/v1/imports', body, 'application/x-ndjson', named).catch(() => undefined);
    if (answer && !answer.ok && answer.status < 500 && answer.status !== 429)
      throw new Error(`The import: ${answer.status} ${await answer.text()}`);
    if (!answer?.ok || !answer.body) return;
    let rest = '';
    try {
      for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
        const [last = '', ...lines] = (rest + text).split('\n').reverse();
        rest = last;
        for (const line of lines.reverse()) yield JSON.parse(line);
      }
    } catch {
      // It broke.
    }
  }

  /** From which row to go on; the id of the import when all are done. */
  async function importFrom(
    rows: readonly object[],
    from: number,
    key: string,
    note: (row: number, report: Report) => Promise<void>,
  ): Promise<number | string> {
    for await (const line of toldOf(rows.slice(from), key)) {
      if ('done' in line) return line.importId;
      if (!('stopped' in line)) await note(from + line.row - 1, line);
      else {
        await sleep(AGAIN);
        return from + line.stopped.row - 1;
      }
    }
    await sleep(AGAIN);
    return 0;
  }

  return {
    /** In the order in which they came, each once. */
    events,
    /** What came with a signature that is not good, or was no event. */
    faults,
    /** Whose lines these are: the id by the number, from what the carrier was told. */
    lines,

    /**
     * Adds lines, as docs/integrating.md says: all under one key, from the row on at which the report says that something was away, and
     * from the beginning after a connection that broke. `heard`: is told of how many rows there is a report, and waited for. `reports`:
     * what was said of each row, as often as it was.
     */
    async import(
      rows: readonly object[],
      heard?: (count: number) => Promise<void>,
    ): Promise<{ reports: Report[][]; importId: string }> {
      const key = randomUUID();
      const reports = rows.map((): Report[] => []);
      let count = 0;
      const note = async (row: number, report: Report) => {
        if (reports[row]?.push(report) !== 1) return;
        count += 1;
        await heard?.(count);
      };
      let on: number | string = 0;
      while (typeof on === 'number') on = await importFrom(rows, on, key, note);
      return { reports, importId: on };
    },

    /** How many accounts it has made. */
    accountsOf: async (importId: string) => (await call('GET', `/v1/imports/${importId}`)).accounts,

    play: (id: string, title: string) =>
      call('PUT', `/v1/subscribers/${id}/now-playing`, { kind: 'audio', title, length: 3_000 }),
    stopPlaying: (id: string) => call('DELETE', `/v1/subscribers/${id}/now-playing`),
    /** By an event that is sent twice, as after an answer that was lost. */
    async recycle(phoneNumber: string): Promise<void> {
      const event = { specversion: '1.0', id: `recycled ${phoneNumber}`, source: 'https://carrier.example/lines' };
      const told = { ...event, type: 'org.earshot.v1.number-recycled', data: { phoneNumber } };
      await call('POST', '/v1/line-events', told);
      await call('POST', '/v1/line-events', told);
    },

    /** The events about a subscriber, in their order. */
    of: (id: string) => events.filter(({ subject }) => subject === id),

    async stop(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
