import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { expect } from 'chai';
import { createClient } from 'redis';
import { OPEN } from '../../../domain/friendship/privacy.ts';
import { createListeners } from '../../../gateway/friends/listeners.ts';
import type { Line } from '../../../gateway/live/lines.ts';
import type { Friend } from '../../../store/friendship/friends.ts';
import { eventually } from '../../support/eventually.ts';
import { openTestGateway, type TestGateway } from '../../support/gateway.ts';
import { type EventStream, openEvents } from '../../support/http/event-stream.ts';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';

const HOUR = 3_600_000;

describe('gateway/friends/listeners', () => {
  let redis: TestRedis;
  let gateway: TestGateway;
  let gatewayUrl: string;
  let numbers = 0;

  before(async () => {
    redis = await startTestRedis();
    gateway = await openTestGateway(redis, { EARSHOT_LIMIT_ADDRESS: '0' });
    await gateway.app.listen({ host: '127.0.0.1', port: 0 });
    gatewayUrl = `http://127.0.0.1:${(gateway.app.server.address() as AddressInfo).port}`;
  });

  after(async () => {
    await gateway?.stop();
    await redis?.stop();
  });

  async function join(count: number): Promise<string[]> {
    const ids: string[] = [];
    for (let i = 0; i < count; i += 1) {
      numbers += 1;
      ids.push(await gateway.join(`+86${13_800_000_000 + numbers}`));
    }
    return ids;
  }

  /** As `id` shall show the other, whom nobody tells of it. */
  async function wants(id: string, other: string, groups: string[] = []): Promise<void> {
    const friend: Friend = { id: other, jid: `${other}@op.example`, name: other, groups, since: 0 };
    await gateway.stores.friends.write(id, { set: [friend], unset: [], dirty: [], bar: [], unbar: [] }, Date.now());
  }

  async function befriend(one: string, other: string, groups: string[] = []): Promise<void> {
    await wants(one, other, groups);
    await wants(other, one);
  }

  async function follow(id: string): Promise<EventStream> {
    const { token } = await gateway.stores.tokens.issue(id, undefined, HOUR, Date.now());
    const stream = await openEvents({ gatewayUrl }, { token });
    await stream.next('friends', () => {});
    return stream;
  }

  async function play(id: string, title: string): Promise<void> {
    const [since, tune] = [Date.now(), { kind: 'audio' as const, title, length: 600 }];
    await gateway.stores.nowPlaying.play(id, { device: 'phone', tune, since, expiresAt: since + HOUR }, since);
  }

  const titles = ({ events }: EventStream) =>
    events.flatMap(({ event, data }) =>
      event === 'now-playing' ? [(data.nowPlaying as { title: string } | null)?.title ?? null] : [],
    );

  /** What Redis is told while `during` runs that names this subscriber, but for what the test itself tells it. */
  async function toldAbout(id: string, during: () => Promise<void>): Promise<string[]> {
    const lines: string[] = [];
    const monitor = await createClient({ url: redis.url }).connect();
    await monitor.monitor((line) => lines.push(`${line}`));
    await during();
    const mark = randomUUID();
    await redis.redis.get(mark);
    await eventually(() => expect(lines.some((line) => line.includes(mark))).to.equal(true));
    monitor.destroy();
    return lines.filter((line) => line.includes(id) && !/ lua\]|PUBLISH|:wakes:/.test(line));
  }

  it('reads a friend who has changed once, however many listen', async () => {
    const [bob = '', ...all] = await join(41);
    for (const id of all) await befriend(bob, id);
    const streams: EventStream[] = [];
    for (const id of all.slice(0, 2)) streams.push(await follow(id));
    const told = (title: string) => () =>
      play(bob, title).then(() =>
        eventually(() => {
          for (const stream of streams) expect(titles(stream).at(-1)).to.equal(title);
        }),
      );
    const forTwo = await toldAbout(bob, told('for two'));
    for (const id of all.slice(2)) streams.push(await follow(id));
    const forForty = await toldAbout(bob, told('for forty'));
    expect(forTwo, forTwo.join('\n')).to.have.length(1);
    expect(forForty, forForty.join('\n')).to.have.length(1);
    for (const stream of streams) stream.close();
  });

  it('tells no tune that was stored after the change of consent, whoever has changed it and how', async () => {
    const [bob = '', family = '', colleague = '', blocked = '', other = ''] = await join(5);
    await befriend(bob, family, ['Family']);
    await befriend(bob, colleague, ['Work']);
    await befriend(bob, blocked, ['Family']);
    for (const id of [family, colleague, blocked]) await befriend(other, id);
    const [families, colleagues, blockeds] = [await follow(family), await follow(colleague), await follow(blocked)];
    const put = (privacy: Partial<typeof OPEN>, ids: string[] = []) =>
      gateway.stores.privacies.put(
        bob,
        { ...OPEN, ...privacy },
        ids.map((subscriberId) => ({ subscriberId })),
        undefined,
        Date.now(),
      );
    /** What comes of a tune of Bob's: what each was told last when a tune that came after it is there. */
    async function toldOf(title: string): Promise<(string | null | undefined)[]> {
      await play(bob, title);
      const mark = randomUUID();
      await play(other, mark);
      for (const stream of [families, colleagues, blockeds])
        await eventually(() => expect(titles(stream)).to.include(mark));
      return [families, colleagues, blockeds].map((stream) => titles(stream).filter((one) => one === title)[0]);
    }
    expect(await toldOf('to all')).to.deep.equal(['to all', 'to all', 'to all']);
    await put({ audience: { groups: ['Family'] } });
    expect(await toldOf('to the family')).to.deep.equal(['to the family', undefined, 'to the family']);
    // Nobody has decided the pair yet: the block counts from the moment at which it is stored.
    await put({ audience: { groups: ['Family'] } }, [blocked]);
    expect(await toldOf('to one')).to.deep.equal(['to one', undefined, undefined]);
    await put({ privateUntil: Date.now() + HOUR }, [blocked]);
    expect(await toldOf('to nobody')).to.deep.equal([undefined, undefined, undefined]);
    for (const stream of [families, colleagues, blockeds]) {
      expect(
        titles(stream)
          .filter((title) => title !== null && title.length < 36)
          .at(-1),
      ).to.not.equal('to nobody');
      stream.close();
    }
  });

  it('takes what plays off the stream of who is blocked, before anybody has decided the pair, and off no other', async () => {
    const [bob = '', alice = '', carol = ''] = await join(3);
    for (const id of [alice, carol]) await befriend(bob, id);
    const [alices, carols] = [await follow(alice), await follow(carol)];
    await play(bob, 'Before');
    for (const stream of [alices, carols]) await eventually(() => expect(titles(stream)).to.deep.equal(['Before']));
    await gateway.stores.privacies.put(bob, OPEN, [{ subscriberId: alice }], undefined, Date.now());
    await eventually(() => expect(titles(alices)).to.deep.equal(['Before', null]));
    await play(bob, 'After');
    await eventually(() => expect(titles(carols)).to.deep.equal(['Before', 'After']));
    expect(titles(alices)).to.deep.equal(['Before', null]);
    for (const stream of [alices, carols]) stream.close();
  });

  it('leaves out who has just blocked the listener, or was blocked by it, and brings both back when no block is left', async () => {
    const [bob = '', alice = '', carol = ''] = await join(3);
    await befriend(bob, alice);
    await befriend(carol, alice);
    await play(bob, 'Clair de lune');
    const { privacies } = gateway.stores;
    const put = (id: string, ...blocked: string[]) =>
      privacies.put(
        id,
        OPEN,
        blocked.map((subscriberId) => ({ subscriberId })),
        undefined,
        Date.now(),
      );
    const shown = ({ events }: EventStream): string[] => {
      const ids = new Set<string>();
      for (const { event, data } of events) {
        const { friends = [], subscriberId = '' } = data as {
          friends?: { subscriberId: string }[];
          subscriberId?: string;
        };
        if (event === 'friends') ids.clear();
        for (const friend of friends) ids.add(friend.subscriberId);
        if (event === 'friend-added') ids.add(subscriberId);
        if (event === 'friend-removed') ids.delete(subscriberId);
      }
      return [...ids];
    };
    const open = await follow(alice);
    expect(shown(open)).to.have.members([bob, carol]);
    await put(bob, alice);
    await eventually(() => expect(shown(open)).to.deep.equal([carol]));
    const told = open.events.length;
    await play(bob, 'After');
    await put(alice, carol);
    await eventually(() => expect(shown(open)).to.deep.equal([]));
    expect(open.events.slice(told)).to.deep.equal([{ event: 'friend-removed', data: { subscriberId: carol } }]);
    const stream = await follow(alice);
    expect(shown(stream)).to.deep.equal([]);
    // Both take it back, before anybody has decided.
    await put(bob);
    await put(alice);
    for (const id of [bob, alice])
      await privacies.clearDirtyBlocked(id, (await privacies.dirtyBlocked(id)).marks, gateway.now());
    for (const one of [open, stream]) {
      await eventually(() => expect(shown(one)).to.have.members([bob, carol]));
      one.close();
    }
  });

  it('tells those who follow a friend of a change that was heard while it was looked at for somebody else', async () => {
    const [bob = '', alice = '', carol = '', witness = ''] = await join(4);
    for (const id of [alice, carol]) await befriend(bob, id);
    await befriend(alice, witness);
    const [alices, witnesses] = [await follow(alice), await follow(witness)];
    const { sights } = gateway.stores;
    const { read } = sights;
    sights.read = async (id, onlookers) => {
      const sight = await read(id, onlookers);
      if (id !== bob || !onlookers.includes(carol)) return sight;
      sights.read = read;
      await play(bob, 'Meanwhile');
      // What is told after it is heard after it.
      await play(alice, 'Afterwards');
      await eventually(() => expect(titles(witnesses)).to.deep.equal(['Afterwards']));
      return sight;
    };
    const carols = await follow(carol);
    await eventually(() => expect(titles(alices)).to.deep.equal(['Meanwhile']));
    for (const stream of [alices, witnesses, carols]) stream.close();
  });

  it('tells a client that was slow the newest of each friend, once, and reads it only then', async () => {
    const [alice = '', bob = '', carol = ''] = await join(3);
    await befriend(alice, bob);
    await befriend(alice, carol);
    const lines: string[] = [];
    const client = { isFull: false, drained: () => {} };
    const another = await openTestGateway(redis, { EARSHOT_REDIS_PREFIX: gateway.config.redisPrefix });
    const listeners = createListeners(another.context);
    listeners.open({
      id: alice,
      grant: { ranges: [] },
      isAllowed: async () => true,
      left: () => {},
      start({ drained }) {
        client.drained = drained;
        return {
          write: ({ text }: Line) => void lines.push(`${text}`),
          isFull: () => client.isFull,
          taken: async () => {},
          end: () => {},
          destroy: () => {},
        };
      },
    });
    await eventually(() => expect(lines.join('')).to.include('event: friends'));
    const quick = await follow(alice);
    client.isFull = true;
    const before = lines.length;
    for (const title of ['one', 'two', 'three']) await play(bob, title);
    await play(carol, 'hers');
    await eventually(() => expect(titles(quick)).to.include.members(['three', 'hers']));
    await gateway.stores.privacies.put(carol, { ...OPEN, audience: 'nobody' }, [], undefined, Date.now());
    await eventually(() => expect(titles(quick).at(-1)).to.equal(null));
    expect(lines).to.have.length(before);
    client.isFull = false;
    client.drained();
    await eventually(() => expect(lines.slice(before).join('')).to.include('"three"'));
    await play(carol, 'later');
    await play(bob, 'four');
    await eventually(() => expect(lines.join('')).to.include('"four"'));
    const told = lines.slice(before).join('');
    expect(told).to.not.match(/"one"|"two"|"hers"|"later"/);
    expect(told.match(/event: now-playing/g)).to.have.length(2);
    listeners.stop();
    quick.close();
    await another.stop();
  });

  it('gives each of many that come at once its own list, and the next change', async () => {
    const [bob = '', ...all] = await join(61);
    for (const id of all) await befriend(bob, id);
    await play(bob, 'before');
    const streams = await Promise.all(all.map(follow));
    for (const { events } of streams) expect(JSON.stringify(events[0]?.data)).to.include('"before"');
    await play(bob, 'after');
    for (const stream of streams) await eventually(() => expect(titles(stream)).to.deep.equal(['after']));
    for (const stream of streams) stream.close();
  });

  it('puts nothing between the parts of a long list, not even that another stream has taken the place', async () => {
    const [alice = '', ...friends] = await join(100);
    for (const id of friends) await befriend(alice, id, ['x'.repeat(1_000)]);
    const another = await openTestGateway(redis, { EARSHOT_REDIS_PREFIX: gateway.config.redisPrefix });
    const lines: string[] = [];
    let go = () => {};
    const taken = new Promise<void>((resolve) => {
      go = resolve;
    });
    const listeners = createListeners(another.context);
    const stream = listeners.open({
      ...{ id: alice, grant: { ranges: [] }, isAllowed: async () => true, left: () => {} },
      start: () => ({
        write: ({ text }: Line) => void lines.push(`${text}`),
        isFull: () => false,
        taken: () => taken,
        end: () => void lines.push('the end'),
        destroy: () => {},
      }),
    });
    await eventually(() => expect(lines).to.have.length(2));
    stream.replace();
    go();
    expect(lines.slice(2)).to.deep.equal(['the end']);
    listeners.stop();
    await another.stop();
  });

  it('writes no chunks to a proxy that speaks HTTP/1.0, and ends with the connection', async () => {
    const [alice = '', bob = ''] = await join(2);
    await befriend(alice, bob);
    const { token } = await gateway.stores.tokens.issue(alice, undefined, HOUR, Date.now());
    const socket = connect(Number(new URL(gatewayUrl).port), '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    socket.write(`GET /v1/subscribers/me/friends/events HTTP/1.0\r\nauthorization: Bearer ${token}\r\n\r\n`);
    await eventually(() => expect(text).to.match(/event: friends\ndata: .*\n\n$/));
    expect(text).to.not.match(/transfer-encoding/i);
    expect(text.split('\r\n\r\n')[1]).to.match(/^retry: \d+\n\nevent: friends\ndata: \{"friends":\[\{.*\}\]\}\n\n$/);
    await gateway.stores.tokens.revokeAll(alice);
    await gateway.stores.events.tell(alice, { what: 'tokens' });
    await eventually(() => expect(socket.readableEnded).to.equal(true));
  });
});
