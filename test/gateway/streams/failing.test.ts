import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { pino } from 'pino';
import { createLineWriter } from '../../../gateway/live/line-writer.ts';
import { createStreams, type Streams } from '../../../gateway/streams/streams.ts';
import { beginStream } from '../../../service/telling/streams.ts';
import { streamName } from '../../../store/subscription/subscription-record.ts';
import type { SinkContext } from '../../../worker/webhooks/context.ts';
import { createWatchRound } from '../../../worker/webhooks/watch-round.ts';
import { eventually } from '../../support/eventually.ts';
import { openTestGateway, type TestGateway } from '../../support/gateway.ts';
import { type CarrierStream, openCarrierStream } from '../../support/http/carrier-stream.ts';
import { useRedis } from '../../support/redis.ts';

const NUMBER = '+86138001393';
const MINUTES = 180_000;

type Said = { level: number; msg: string; subscription: string; reason?: string; err?: { message: string } };

describe('an event stream whose turns fail', () => {
  const server = useRedis();
  const lines: string[] = [];
  let gateway: TestGateway;
  let streams: Streams;
  let http: Server;
  let stream: CarrierStream;
  let watch: () => Promise<void>;
  let time = 0;
  let people = 0;
  let turns = 0;

  before(async () => {
    gateway = await openTestGateway(server);
    // The part of the worker that passes on who has changed.
    watch = createWatchRound(gateway.context as unknown as SinkContext);
    const { sinkWork } = gateway.stores;
    const { first } = sinkWork;
    // The last question of a turn.
    sinkWork.first = async (...words) => {
      const answer = await first(...words);
      turns += 1;
      return answer;
    };
    const log = pino({ level: 'info' }, { write: (line: string) => lines.push(line) });
    streams = createStreams({ ...gateway.context, log, elapsed: () => time });
    http = createServer(async (_request, response) => {
      const wanted = { owner: 'operator', kinds: ['subscriber-added' as const], initial: false, bookmark: undefined };
      const begun = await beginStream(gateway.context, wanted);
      if (!begun) return void response.writeHead(503).end();
      streams.open({
        begun,
        isAllowed: async () => true,
        left: () => {},
        start: (calls) => createLineWriter(response, { 'content-type': 'text/event-stream' }, calls),
      });
    });
    await once(http.listen(0, '127.0.0.1'), 'listening');
    stream = openCarrierStream(() => [`http://127.0.0.1:${(http.address() as AddressInfo).port}`], {});
    await stream.begun();
  });

  after(async () => {
    await stream?.close();
    streams?.stop();
    http?.closeAllConnections();
    http?.close();
    await gateway?.stop();
  });

  const said = () => lines.map((line) => JSON.parse(line) as Said);
  const warnings = () => said().filter(({ level }) => level >= 40);
  const idOf = () => stream.lastId().split('.')[0] as string;
  const due = () => gateway.stores.keys.sink.due(idOf());
  const wake = () => gateway.stores.events.tell(streamName('operator'), { what: 'stream' });
  const failures = async () => (await gateway.context.metrics.streamFailures.get()).values[0]?.value ?? 0;

  /** Of somebody who is new. */
  async function isTold(): Promise<void> {
    people += 1;
    const one = await gateway.join(`${NUMBER}${people}`);
    await watch();
    await eventually(() => expect(stream.events().map(({ subject }) => subject)).to.include(one));
  }

  /** What is to be told cannot be read any more; settled when that was met some times. */
  async function fails(): Promise<void> {
    const before = await failures();
    await server.redis.set(due(), NUMBER);
    await wake();
    await eventually(async () => expect(await failures()).to.be.at.least(before + 3));
  }

  /** It can be read again; settled when a turn has ended well, and not only told something. */
  async function recovers(): Promise<void> {
    const before = turns;
    await server.redis.del(due());
    await eventually(() => expect(turns).to.be.above(before));
  }

  it('is counted each time, said once until a turn succeeds, and ended after minutes', async () => {
    const id = idOf();
    await isTold();
    await fails();
    expect(warnings().map(({ subscription }) => subscription)).to.deep.equal([id]);
    expect(warnings()[0]?.err?.message).to.contain('WRONGTYPE');

    await recovers();
    await isTold();
    time += MINUTES;
    await fails();
    expect(warnings().map(({ subscription }) => subscription)).to.deep.equal([id, id]);
    expect(stream.statuses).to.deep.equal([200]);

    time += MINUTES;
    await eventually(() => expect(stream.statuses).to.have.length.above(1));
    expect(said().find(({ reason }) => reason !== undefined)).to.include({ subscription: id, reason: 'failing' });
    await recovers();
    await isTold();
    expect(lines.join('')).to.not.contain(NUMBER);
  });
});
