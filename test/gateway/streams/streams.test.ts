import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { EVENT_KINDS, scopeOf, typeOf } from '../../../domain/subscription/event-types.ts';
import { streamName } from '../../../store/subscription/subscription-record.ts';
import type { SinkContext } from '../../../worker/webhooks/context.ts';
import { createWatchRound } from '../../../worker/webhooks/watch-round.ts';
import { eventually } from '../../support/eventually.ts';
import { openTestGateway, type TestGateway } from '../../support/gateway.ts';
import { type CarrierStream, openCarrierStream } from '../../support/http/carrier-stream.ts';
import { bearer } from '../../support/http/credentials.ts';
import { useRedis } from '../../support/redis.ts';

/** Streams of a gateway that look at everybody at a time. */
const MOST = 4;
const SCOPES = [...new Set(EVENT_KINDS.map(scopeOf)), 'subscriptions:write' as const];
const YEAR = 31_536_000_000;
const PEOPLE = 20;
const ROUNDS = 10;
/** Bytes of one event with its frame; nothing more is written after the one by which the socket is full. */
const EVENT = 4_096;

describe('an event stream of a credential, at its gateway', () => {
  const server = useRedis();
  let gateway: TestGateway;
  let watch: () => Promise<void>;
  let gatewayUrl: string;
  let numbers = 0;
  const streams: CarrierStream[] = [];

  before(async () => {
    gateway = await openTestGateway(server);
    // The part of the worker that passes on who has changed.
    watch = createWatchRound(gateway.context as unknown as SinkContext);
    await gateway.app.listen({ port: 0, host: '127.0.0.1' });
    gatewayUrl = `http://127.0.0.1:${(gateway.app.server.address() as AddressInfo).port}`;
  });

  afterEach(() => Promise.all(streams.splice(0).map((stream) => stream.close())));

  after(async () => {
    gateway?.app.server.closeAllConnections();
    await gateway?.stop();
  });

  async function follow(): Promise<CarrierStream> {
    const stream = openCarrierStream(() => [gatewayUrl], gateway.operator);
    streams.push(stream);
    await stream.begun();
    return stream;
  }

  async function join(): Promise<string> {
    numbers += 1;
    const id = await gateway.join(`+86138001392${`${numbers}`.padStart(2, '0')}`);
    await watch();
    return id;
  }

  /** An event of two kilobytes. */
  async function play(id: string, title: string): Promise<void> {
    const since = gateway.now();
    const tune = {
      kind: 'audio' as const,
      title,
      artist: 'a'.repeat(1_000),
      source: 's'.repeat(1_000),
      length: 60_000,
    };
    await gateway.stores.nowPlaying.play(id, { device: 'phone', tune, since, expiresAt: since + YEAR }, since);
  }

  const idOf = (stream: CarrierStream) => stream.lastId().split('.')[0] as string;
  const wake = () => gateway.stores.events.tell(streamName('operator'), { what: 'stream' });
  const kindsOf = (stream: CarrierStream) => stream.events().map(({ type }) => type);

  it('tells all anew after older data were put back, or where Redis has lost what it was told last', async () => {
    const stream = await follow();
    const one = await join();
    await stream.hears(['subscriber-added']);
    const spoiling = [
      () => gateway.stores.subscriptions.doubtAll(),
      () => server.redis.hSet(gateway.stores.keys.sink.progress(idOf(stream)), 'position', '1'),
    ];
    for (const spoil of spoiling) {
      const before = stream.messages.length;
      await spoil();
      await wake();
      await stream.hears(['subscription-restored', 'subscriber-added', 'now-playing-changed'], before);
      expect(stream.events().at(-1)?.subject).to.equal(one);
    }
    const positions = stream.messages.map(({ id }) => Number(id.split('.')[1]));
    expect(positions).to.deep.equal([...positions].sort((a, b) => a - b));
  });

  it('is told of who was missed', async () => {
    const stream = await follow();
    const due = gateway.stores.keys.sink.due(idOf(stream));
    await eventually(async () =>
      expect((await gateway.stores.subscriptions.streamOf('operator'))?.status).to.equal('ACTIVE'),
    );
    await server.redis.set(due, 'no sorted set');
    const one = await join();
    await server.redis.del(due);
    await wake();
    await stream.hears(['subscriber-added']);
    expect(stream.events()[0]?.subject).to.equal(one);
  });

  it('is told that whom somebody has blocked is a friend no more before a tune of after that, while nobody has decided it', async () => {
    const stream = await follow();
    const [alice, bob] = [await join(), await join()];
    await stream.hears(['subscriber-added', 'subscriber-added']);
    const { friends, privacies } = gateway.stores;
    const none = { unset: [], dirty: [], bar: [], unbar: [] };
    await friends.write(alice, { ...none, set: [{ id: bob, jid: '', name: 'Bob', groups: [] }] }, gateway.now());
    await watch();
    await stream.hears(['friend-added'], 2);
    const block = async (blocked: object[]) => {
      const payload = { discoverable: true, audience: 'friends', privateUntil: null, blocked };
      const url = `/v1/subscribers/${alice}/privacy`;
      const { status } = await gateway.call({ method: 'PUT', url, headers: gateway.operator, payload });
      expect(status).to.equal(200);
    };
    await block([{ subscriberId: bob }]);
    await play(alice, 'After the block');
    await watch();
    await stream.hears(['friend-removed', 'now-playing-changed'], 3);
    await block([]);
    await privacies.clearDirtyBlocked(alice, (await privacies.dirtyBlocked(alice)).marks, gateway.now());
    await watch();
    await stream.hears(['friend-added'], 5);
  });

  it('looks at everybody while few others do, and is called when its turn has come, whoever has left meanwhile', async () => {
    // The clock stands still: nobody asks again by itself.
    const time = Date.now();
    const still = await openTestGateway(server, {}, { clock: () => time });
    const opened: CarrierStream[] = [];
    try {
      await still.app.listen({ port: 0, host: '127.0.0.1' });
      const url = `http://127.0.0.1:${(still.app.server.address() as AddressInfo).port}`;
      await still.join('+8613800139300');
      const looking = new Set<() => void>();
      const { page } = still.stores.roll;
      still.stores.roll.page = async (...words) => {
        await new Promise<void>((resolve) => looking.add(resolve));
        return page(...words);
      };
      const open = async () => {
        const made = await still.stores.credentials.create(
          { name: `${opened.length}`, scopes: SCOPES, ranges: [] },
          time,
        );
        const stream = openCarrierStream(() => [url], bearer((made as { key: string }).key));
        opened.push(stream);
        await stream.begun();
        return stream;
      };
      const letOneGo = () => {
        const [one] = looking;
        if (one) looking.delete(one);
        one?.();
      };
      for (let n = 0; n < MOST; n += 1) await open();
      await eventually(() => expect(looking.size).to.equal(MOST));
      const leaves = await open();
      const [next, last] = [await open(), await open()];
      await leaves.close();
      letOneGo();
      await eventually(() => expect(looking.size).to.equal(MOST));
      const statuses = async () =>
        Promise.all([next, last].map(async (one) => (await still.stores.subscriptions.get(idOf(one)))?.status));
      while (looking.size > 0) {
        expect(looking.size).to.be.at.most(MOST);
        letOneGo();
        await eventually(async () => {
          const begun = (await statuses()).filter((status) => status === 'ACTIVE');
          expect(looking.size > 0 || begun.length === 2).to.equal(true);
        });
      }
      await eventually(async () => expect(await statuses()).to.deep.equal(['ACTIVE', 'ACTIVE']));
    } finally {
      await Promise.all(opened.map((stream) => stream.close()));
      await still.stop();
    }
  });

  it('is told of nobody twice at once by two connections, whichever was the last', async () => {
    const all = await Promise.all([follow(), follow(), follow()]);
    await eventually(() => expect(all.filter((stream) => !stream.isOver())).to.have.length(1));
    const one = await join();
    const [last] = all.filter((stream) => !stream.isOver());
    await eventually(() => expect(last?.events().at(-1)?.subject).to.equal(one));
    for (const stream of all) if (stream !== last) expect(kindsOf(stream)).to.deep.equal([]);
  });

  it('is not told that it was replaced where nobody has done so, and comes back', async () => {
    const { keys } = gateway.stores;
    const spoiling = [
      (id: string) => server.redis.hSet(keys.sink.progress(id), 'fence', '1.of-before'),
      (id: string) => server.redis.hDel(keys.sink.progress(id), 'fence'),
      (id: string) => server.redis.hDel(keys.subscriptions.records, id),
    ];
    for (const spoil of spoiling) {
      const stream = await follow();
      await spoil(idOf(stream));
      await wake();
      await eventually(() => expect(stream.statuses).to.have.length.above(1));
      const one = await join();
      await eventually(() => expect(stream.events().map(({ subject }) => subject)).to.include(one));
      expect(stream.isOver()).to.equal(false);
      await stream.close();
    }
  });

  it('keeps nothing for a client that takes nothing: it is told the newest when it does', async () => {
    const people: string[] = [];
    for (let n = 0; n < PEOPLE; n += 1) people.push(await join());
    const accepted = once(gateway.app.server, 'connection') as Promise<[Socket]>;
    const client = connect(Number(new URL(gatewayUrl).port), '127.0.0.1');
    const types = typeOf('now-playing-changed');
    const authorization = gateway.operator.authorization;
    client.write(`GET /v1/events?types=${types} HTTP/1.1\r\nhost: earshot\r\nauthorization: ${authorization}\r\n\r\n`);
    let text = '';
    client.on('data', (chunk) => {
      text += chunk;
    });
    await eventually(() => expect(text).to.contain('\nid: '));
    await eventually(async () =>
      expect((await gateway.stores.subscriptions.streamOf('operator'))?.status).to.equal('ACTIVE'),
    );
    client.pause();
    const [theirs] = await accepted;
    const playAll = async (title: string) => {
      await Promise.all(people.map((id) => play(id, title)));
      await watch();
    };
    await eventually(async () => {
      await playAll(`First ${'t'.repeat(900)}`.concat(`${Math.random()}`));
      expect(theirs.writableNeedDrain).to.equal(true);
    });
    for (let n = 0; n < ROUNDS; n += 1) await playAll(`Later ${n}`);
    expect(theirs.writableLength, 'that waits for it').to.be.at.most(theirs.writableHighWaterMark + EVENT);
    await playAll('The newest');
    client.resume();
    await eventually(() => {
      const told = [...text.matchAll(/"title":"(The newest)"/g)];
      expect(told).to.have.length(PEOPLE);
    });
    expect([...text.matchAll(/"title":"Later/g)].length, 'that were no more so').to.be.below((PEOPLE * ROUNDS) / 2);
    client.destroy();
  });
});
