import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { pino } from 'pino';
import type { Context } from '../../../component/context.ts';
import { createPresenceTracker, MOST_CLIENTS } from '../../../component/presence/presence.ts';
import { xml } from '../../../component/stream/xml.ts';
import { eventually } from '../../support/eventually.ts';
import { heapHeld } from '../../support/garbage.ts';
import { useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

/** Milliseconds after which whom the server has not named is offline. */
const SETTLED = 5_500;

describe('the presence tracker', () => {
  const server = useRedis();

  it('keeps the clients with the highest priorities, however many one account connects', async () => {
    const context = { stores: server.freshStores(), log: pino({ level: 'silent' }) } as unknown as Context;
    const tracker = createPresenceTracker(context, 'op.example');
    const status = 'x'.repeat(5_000);
    for (let i = 0; i < 500; i += 1)
      tracker.receive(
        xml(
          'presence',
          { from: `alice@op.example/client-${i}` },
          xml('priority', {}, `${i % 100}`),
          xml('status', {}, status),
        ),
      );
    const kept = tracker.of('alice@op.example');
    expect(kept).to.have.length(MOST_CLIENTS);
    expect(Math.min(...kept.map(({ priority }) => priority))).to.be.greaterThan(90);
    tracker.receive(xml('presence', { from: `alice@op.example/${kept[0]?.resource}`, type: 'unavailable' }));
    expect(tracker.of('alice@op.example')).to.have.length(MOST_CLIENTS - 1);
    await tracker.stop();
  });

  it('keeps of what a client says of itself no more than friends are shown', async () => {
    const context = { stores: server.freshStores(), log: pino({ level: 'silent' }) } as unknown as Context;
    const tracker = createPresenceTracker(context, 'op.example');
    const before = heapHeld();
    for (let i = 0; i < 200; i += 1)
      tracker.receive(
        xml('presence', { from: `somebody-${i}@op.example/phone` }, xml('status', {}, `${i}`.padEnd(100_000, 'x'))),
      );
    await tracker.stop();
    expect(tracker.of('somebody-199@op.example')[0]?.status).to.have.length(1_024);
    expect((heapHeld() - before) / 1_000, 'kB').to.be.below(5_000);
  });

  it('goes on when the server had nobody to name after a reconnection', async () => {
    const stores = server.freshStores();
    const jid = 'alice@op.example';
    const numbers = { phoneNumber: '+8613800138000', numberKey: 'AAAAAAAAAAAA' };
    await stores.subscribers.create({ id: 'alice', ...numbers, jid, displayName: '', state: 'pending' }, Date.now());
    const context = { stores, log: pino({ level: 'silent' }) } as unknown as Context;
    const tracker = createPresenceTracker(context, 'op.example');
    tracker.settle();
    await sleep(SETTLED);
    tracker.receive(xml('presence', { from: `${jid}/phone` }));
    await eventually(async () => expect((await stores.presences.of([jid]))[0]).to.have.length(1));
    await tracker.stop();
  });

  it('has somebody listened to who comes online while that would be done later, and nobody for whom it is done', async () => {
    const stores = server.freshStores();
    const now = Date.now();
    for (const [i, id] of ['later', 'done'].entries()) {
      const subscriber = {
        id,
        phoneNumber: '+1',
        numberKey: `AAAAAAAAAAA${i}`,
        jid: `${id}@op.example`,
        displayName: '',
      };
      await addSubscriber(stores, subscriber, now);
    }
    await stores.due.postpone('listen', 'later', now + 3_600_000);
    await stores.due.settle('listen', 'done', []);
    const asked: string[] = [];
    const queues = { enqueue: async (queue: string, ids: readonly string[]) => void asked.push(queue, ...ids) };
    const context = { stores, queues, log: pino({ level: 'silent' }), now: () => now } as unknown as Context;
    const tracker = createPresenceTracker(context, 'op.example');
    for (const id of ['done', 'later']) tracker.receive(xml('presence', { from: `${id}@op.example/phone` }));
    await eventually(async () => expect(asked).to.deep.equal(['listen', 'later']));
    expect(await stores.due.take('listen', now + 10_000, 10)).to.deep.equal(['later']);
    tracker.receive(xml('presence', { from: 'later@op.example/tablet' }));
    await eventually(async () => expect((await stores.presences.of(['later@op.example']))[0]).to.have.length(2));
    expect(asked).to.deep.equal(['listen', 'later']);
    await tracker.stop();
  });

  it('hears of each client that comes, also of one that takes the name of one that was cut off without a word', async () => {
    const stores = server.freshStores();
    const subscriber = {
      id: 'bob',
      phoneNumber: '+1',
      numberKey: 'AAAAAAAAAAAA',
      jid: 'bob@op.example',
      displayName: '',
    };
    await addSubscriber(stores, subscriber, Date.now());
    const queues = { enqueue: async () => {} };
    const context = { stores, queues, log: pino({ level: 'silent' }), now: Date.now } as unknown as Context;
    const appeared: string[] = [];
    const tracker = createPresenceTracker(context, 'op.example', (jid) => appeared.push(jid));
    const comes = (name: string) => tracker.receive(xml('presence', { from: `${name}@op.example/phone` }));
    const client = { resource: 'phone', show: 'available', status: '', priority: 0 } as const;
    const snapshot = { online: async () => ['bob@op.example/phone', 'no.subscriber@op.example/phone'] };
    comes('early');
    comes('early');
    expect(appeared.splice(0), 'a server that tells of all that leave').to.deep.equal(['early@op.example']);
    await tracker.follow({ ...snapshot, clients: async () => [client] });
    expect(appeared.splice(0)).to.have.members(['early@op.example', 'bob@op.example']);
    comes('bob');
    expect(appeared).to.deep.equal(['bob@op.example']);
    await tracker.stop();
  });
});
