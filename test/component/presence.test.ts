import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { pino } from 'pino';
import type { Context } from '../../component/context.ts';
import { createPresenceTracker } from '../../component/presence.ts';
import { xml } from '../../component/xml.ts';
import { eventually } from '../support/eventually.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

/** Milliseconds after which whom the server has not named is offline. */
const SETTLED = 5_500;

describe('the presence tracker', () => {
  let server: TestRedis;

  before(async () => {
    server = await startTestRedis();
  });

  after(async () => server?.stop());

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
});
