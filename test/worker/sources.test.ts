import { mock } from 'node:test';
import { expect } from 'chai';
import { sealPurpose } from '../../domain/book/source.ts';
import { createNumberKey, createNumberKeys } from '../../runtime/secret/number-key.ts';
import { seal } from '../../runtime/secret/sealing.ts';
import type { Stores } from '../../store/stores.ts';
import { createDavReader } from '../../worker/carddav/reader.ts';
import { createSourceJob } from '../../worker/source.ts';
import { createSourceSlots, type SourceSlot } from '../../worker/source-slots.ts';
import { jobContext } from '../support/context.ts';
import { eventually } from '../support/eventually.ts';
import { useRedis } from '../support/redis.ts';
import { startHostile } from '../support/servers/carddav.ts';
import { addSubscriber } from '../support/subscribers.ts';

const [NUMBER_KEY, SECRETS_KEY] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
const numberKeyOf = createNumberKey(NUMBER_KEY);
/** Longer than any test: nothing ends because of them. */
const HOURS = 10_000_000;
const EMPTY_BOOK =
  '<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav"><d:response><d:href>/</d:href><d:propstat><d:prop><d:resourcetype><c:addressbook/></d:resourcetype></d:prop></d:propstat></d:response><d:sync-token>t</d:sync-token></d:multistatus>';

describe('the source job', () => {
  const server = useRedis();
  let stores: Stores;
  const reader = createDavReader();
  const running: { stop(): void }[] = [];

  beforeEach(() => {
    stores = server.freshStores();
  });
  after(async () => {
    await reader.stop();
    for (const one of running) one.stop();
  });

  function newJob() {
    return createSourceJob({
      ...jobContext('worker', stores, Date.now),
      policy: 'mutual',
      numberKeys: createNumberKeys(NUMBER_KEY),
      numberKeyOf,
      secretsKey: SECRETS_KEY,
      config: { secretsKey: SECRETS_KEY, guessedNumbers: 'use', sourceAllow: ['127.0.0.1'], sourceInterval: HOURS },
      reader,
      slots: createSourceSlots(),
      limits: { timeout: HOURS, firstByte: HOURS, largest: 1_000_000, whole: HOURS },
    });
  }
  async function join(id: string, ...urls: string[]): Promise<void> {
    const subscriber = { id, phoneNumber: '+1', numberKey: numberKeyOf(id), jid: `${id}@op.example`, displayName: id };
    await addSubscriber(stores, subscriber, Date.now());
    for (const [i, url] of urls.entries()) {
      const credentials = seal(SECRETS_KEY, sealPurpose(id, `s${i}`), '{}');
      await stores.sources.link(id, { name: `s${i}`, url, credentials }, Date.now());
    }
  }
  async function serve(answer: Parameters<typeof startHostile>[0]): Promise<string> {
    const one = await startHostile(answer);
    running.push(one);
    return `${one.origin}/`;
  }
  /** A server that takes requests and never answers; `asked` counts them. */
  async function startDead() {
    const dead = { url: '', asked: 0 };
    dead.url = await serve(() => {
      dead.asked += 1;
    });
    return dead;
  }
  const startHonest = () => serve((_, outgoing) => outgoing.writeHead(207).end(EMPTY_BOOK));
  const isRead = async (id: string, name = 's0') => (await stores.sources.get(id, name))?.lastRead !== undefined;

  it('reads everybody else’s books while eight servers of one subscriber hang, and its own other ones too', async () => {
    const work = newJob();
    const [dead, honest] = [await Promise.all(Array.from({ length: 7 }, startDead)), await startHonest()];
    await join('unlucky', ...dead.map(({ url }) => url), honest);
    for (const id of ['alice', 'bob', 'carol']) await join(id, honest);
    let ended = false;
    const hanging = work('unlucky').finally(() => {
      ended = true;
    });
    hanging.catch(() => {});
    await eventually(() => expect(dead.map(({ asked }) => asked)).to.deep.equal(dead.map(() => 1)));
    for (const id of ['alice', 'bob', 'carol']) {
      await work(id);
      expect(await isRead(id), id).to.equal(true);
    }
    await eventually(async () => expect(await isRead('unlucky', 's7')).to.equal(true));
    expect(ended).to.equal(false);
  });

  it('puts off those who use a server that hangs, when some wait for it already, and reads others meanwhile', async () => {
    const work = newJob();
    const [dead, honest] = [await startDead(), await startHonest()];
    for (let i = 0; i < 4; i += 1) {
      await join(`waiting-${i}`, dead.url);
      work(`waiting-${i}`).catch(() => {});
    }
    await eventually(() => expect(dead.asked).to.equal(4));
    await join('late', dead.url, honest);
    await work('late');
    expect(dead.asked).to.equal(4);
    expect([await isRead('late', 's0'), await isRead('late', 's1')]).to.deep.equal([false, true]);
    const due = await server.redis.zScore(stores.keys.due('source', 'late'), 'late');
    const source = await stores.sources.get('late', 's0');
    expect(due).to.be.greaterThan(source?.next ?? Infinity);
    expect(source).to.deep.include({ failures: 0, problem: undefined });
  });
});

describe('the places for reading servers', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
  afterEach(() => mock.timers.reset());

  const taken = (slot: ReturnType<ReturnType<typeof createSourceSlots>['take']>) => {
    expect(slot).not.to.have.property('again');
    return slot as SourceSlot;
  };

  it('are four for a host that is quick, and one for a host that was slow, until it is quick again', () => {
    const { take } = createSourceSlots();
    const first = [1, 2, 3, 4].map(() => taken(take('a')));
    expect(take('a')).to.have.property('again');
    taken(take('b')).end();
    mock.timers.tick(10_000);
    for (const slot of first) slot.end();
    const alone = taken(take('a'));
    expect(take('a')).to.have.property('again');
    alone.end();
    for (let i = 0; i < 4; i += 1) taken(take('a'));
  });

  it('are free again for new hosts after ten seconds, however many hang', () => {
    const { take } = createSourceSlots();
    const hanging = Array.from({ length: 24 }, (_, i) => taken(take(`dead-${i}`)));
    expect(take('new')).to.have.property('again');
    mock.timers.tick(10_000);
    const more = Array.from({ length: 24 }, (_, i) => taken(take(`dead-too-${i}`)));
    expect(take('new')).to.have.property('again');
    expect(hanging.some(({ crowdedOut }) => crowdedOut.aborted)).to.equal(false);
    mock.timers.tick(10_000);
    expect(more.every(({ crowdedOut }) => crowdedOut.aborted)).to.equal(true);
    for (const slot of more) slot.end();
    taken(take('new'));
  });

  it('put off the later the more wait for the same host, and never for more than some minutes', () => {
    const { take } = createSourceSlots();
    for (let i = 0; i < 4; i += 1) taken(take('a'));
    const times = Array.from({ length: 10_000 }, () => (take('a') as { again: number }).again);
    expect(times[0]).to.be.within(750, 1_400);
    expect(times[999]).to.be.greaterThan(30_000);
    expect(Math.max(...times)).to.be.within(300_000, 400_000);
    taken(take('b'));
  });
});
