import { expect } from 'chai';
import { pino } from 'pino';
import { EVENT_KINDS, scopeOf } from '../../../domain/subscription/event-types.ts';
import { WATCHED } from '../../../store/base/keys.ts';
import { AGAIN } from '../../../store/due/due.ts';
import type { Stores } from '../../../store/stores.ts';
import { type Subscription, streamName } from '../../../store/subscription/subscription-record.ts';
import type { SinkContext } from '../../../worker/webhooks/context.ts';
import { createWatchRound } from '../../../worker/webhooks/watch-round.ts';
import { jobContext } from '../../support/context.ts';
import { useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const SCOPES = [...new Set(EVENT_KINDS.map(scopeOf))];

describe('the look at whom subscriptions have to be told of', () => {
  const server = useRedis();
  let stores: Stores;
  let time: number;
  let context: SinkContext;
  let said: string[];
  let asked: string[];
  let people = 0;

  beforeEach(() => {
    stores = server.freshStores();
    time = Date.now();
    said = [];
    asked = [];
    const queues = jobContext(
      'worker',
      stores,
      () => time,
      async (_, ids) => void asked.push(...ids),
    );
    context = { ...queues, log: pino({ level: 'warn' }, { write: (line: string) => said.push(line) }) } as SinkContext;
  });

  async function credential(name: string, ranges: string[]): Promise<string> {
    const made = await stores.credentials.create({ name, scopes: SCOPES, ranges }, time);
    return (made as { credential: { id: string } }).credential.id;
  }

  async function subscribe(id: string, owner: string, more: Partial<Subscription> = {}): Promise<void> {
    await stores.subscriptions.create({
      ...{ id, owner, sink: 'https://sink.example/', kinds: EVENT_KINDS, initial: false, secrets: [] },
      ...{ createdAt: time, status: 'ACTIVE', ...more },
    });
    await stores.watched.begin(id);
  }

  async function join(phoneNumber: string): Promise<string> {
    people += 1;
    const [id, numberKey] = [`person${people}`, `AAAA${`${people}`.padStart(8, '0')}`];
    await addSubscriber(stores, { id, phoneNumber, numberKey, jid: `${id}@op.example`, displayName: id }, time);
    time += 1;
    return id;
  }

  const waits = async (subscription: string) =>
    (await stores.sinkWork.take(subscription, time, 100)).map(({ id }) => id).sort();

  it('passes somebody on to those in whose ranges it is, or who have told of it, and wakes no other', async () => {
    await subscribe('its', await credential('its', ['+86138']));
    await subscribe('the former', await credential('the former', ['+86139']));
    await subscribe('a stranger', await credential('a stranger', ['+86150']));
    const id = await join('+8613800138000');
    const fence = await stores.sinkWork.begin('the former');
    await stores.sinkWork.note('the former', fence, id, {
      known: { numbers: 'n', consent: '', tune: '' },
    });
    await createWatchRound(context)();
    expect(await waits('its')).to.deep.equal([id]);
    expect(await waits('the former')).to.deep.equal([id]);
    expect(await stores.sinkWork.waiting('a stranger', time)).to.equal(0);
    expect(asked.sort()).to.deep.equal(['its', 'the former']);
  });

  it('passes on before all others whoever may be out of the ranges by another number', async () => {
    await subscribe('its', await credential('its', ['+86138']));
    const round = createWatchRound(context);
    const id = await join('+8613800138000');
    await round();
    for (const one of await stores.sinkWork.take('its', time, 100)) await stores.sinkWork.settle('its', one, undefined);
    const [own, other] = ['AAAA00000001', 'AAAA99999999'];
    const numbers = {
      ...{ phoneNumber: '+8613800138000', numberKey: own },
      ...{ otherPhoneNumbers: ['+8613900139000'], numberKeys: [own, other] },
    };
    const wanted = { numbers, jid: `${id}@op.example` };
    expect(await stores.subscribers.identity.change(id, wanted, time)).to.equal('ok');
    await round();
    const taken = await stores.sinkWork.take('its', time, 100);
    expect(taken.map((one) => ({ id: one.id, line: one.line }))).to.deep.equal([{ id, line: 'first' }]);
  });

  it('tells the gateway nothing of a stream that has not begun, which finds by itself what was noted', async () => {
    const owners = [await credential('begins', ['+86138']), await credential('has begun', ['+86138'])];
    const [begins = '', begun = ''] = owners;
    await subscribe('begins', begins, { sink: '', status: 'ACTIVATION_REQUESTED' });
    await subscribe('has begun', begun, { sink: '' });
    const told: string[] = [];
    const events = { ...stores.events, tell: async (name: string) => void told.push(name) };
    const id = await join('+8613800138000');
    await createWatchRound({ ...context, stores: { ...stores, events } })();
    expect(told).to.deep.equal([streamName(begun)]);
    expect(await waits('begins')).to.deep.equal([id]);
  });

  it('reads each credential once, and asks what was told only about those who are out of range', async () => {
    const owner = await credential('carrier', ['+86138']);
    for (let i = 0; i < 10; i += 1) await subscribe(`one of its ${i}`, owner);
    await join('+8613800138000');
    await server.redis.configResetStat();
    await createWatchRound(context)();
    const stats = await server.redis.info('commandstats');
    const calls = (name: string) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
    expect(asked).to.have.length(10);
    expect([calls('hget'), calls('hmget')]).to.deep.equal([1, 0]);
  });

  it('holds up nobody for a record or a credential that cannot be read, and says so once, and of whom not at all', async () => {
    const broken = await credential('of a broken credential', ['+86150']);
    await subscribe('with a broken record', await credential('another', ['+86138']));
    await subscribe('with a broken credential', broken);
    await subscribe('with an empty record', await credential('a third', ['+86138']));
    await subscribe('in order', await credential('in order', ['+86138']));
    const { records: kept } = stores.keys.subscriptions;
    await server.redis.hSet(kept, 'with a broken record', '{"sink": "https://secret');
    await server.redis.hSet(kept, 'with an empty record', 'null');
    await server.redis.hSet(stores.keys.credentials.records, broken, '{"ranges": ["+86150');
    const round = createWatchRound(context);
    const first = await join('+8613800138000');
    await round();
    const second = await join('+8613800138001');
    await round();
    expect(await waits('in order')).to.deep.equal([first, second]);
    // Nobody can tell whom it concerns: its own job finds out.
    expect(await waits('with a broken credential')).to.deep.equal([first, second]);
    expect(said).to.have.length(3);
    for (const word of ['secret', '+86', first, 'carrier']) expect(said.join()).to.not.contain(word);
    time += AGAIN + 1;
    expect(await stores.watched.take(time, 10)).to.deep.equal([]);
  });

  it('notes that one to which nothing could be passed on has missed something, and holds up nobody for it, no erasure either', async () => {
    await subscribe('out of order', await credential('out of order', ['+86138']));
    await subscribe('in order', await credential('in order', ['+86138']));
    await server.redis.set(stores.keys.sink.due('out of order'), 'not a sorted set');
    const round = createWatchRound(context);
    const id = await join('+8613800138000');
    await round();
    expect(await waits('in order')).to.deep.equal([id]);
    expect(said).to.have.length(1);
    expect(await stores.due.isMarked(WATCHED, id)).to.equal(false);
    const missed = async (one: string) => (await stores.subscriptions.get(one))?.missed;
    expect(await missed('out of order')).to.be.a('string');
    expect(await missed('in order')).to.equal(undefined);
  });
});
