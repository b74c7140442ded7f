import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { createCensus } from '../../../gateway/metrics/census.ts';
import type { Census } from '../../../store/subscriber/roll.ts';
import { eventually } from '../../support/eventually.ts';
import { openTestGateway, type TestGateway } from '../../support/gateway.ts';
import { REDIS_KINDS, useRedis } from '../../support/redis.ts';

for (const kind of REDIS_KINDS)
  describe(`what metrics say of subscribers and tunes, on ${kind}`, () => {
    const server = useRedis(kind);
    let gateway: TestGateway;

    beforeEach(async () => {
      gateway = await openTestGateway(server);
    });

    afterEach(async () => gateway?.stop());

    async function read(metric: string): Promise<number> {
      const { text } = await gateway.call({ method: 'GET', url: '/metrics', headers: gateway.operator });
      const line = text.split('\n').find((one) => one.startsWith(`${metric} `));
      return Number(line?.split(' ').at(-1));
    }

    const play = (id: string, length: number) =>
      gateway.call({
        method: 'PUT',
        url: `/v1/subscribers/${id}/now-playing`,
        headers: gateway.operator,
        payload: { kind: 'audio', title: 'Song', length },
      });
    const subscribers = (state: string) => read(`earshot_subscribers{state="${state}"}`);
    const playing = () => read('earshot_tunes_playing{outlet="xmpp"}');
    const stale = () => read('earshot_tunes_stale{outlet="xmpp"}');

    it('are how many subscribers there are, in which state', async () => {
      const { stores } = gateway;
      const [alice] = [await gateway.join('+8613800138000'), await gateway.join('+8613900139000')];
      const waiting = { id: randomUUID(), phoneNumber: '+8613700137000', numberKey: 'A'.repeat(12), displayName: '' };
      await stores.subscribers.create({ ...waiting, jid: 'c@op.example', state: 'pending' }, gateway.now());
      await eventually(async () =>
        expect([await subscribers('active'), await subscribers('pending'), await subscribers('leaving')]).to.deep.equal(
          [2, 1, 0],
        ),
      );
      await gateway.call({ method: 'DELETE', url: `/v1/subscribers/${alice}`, headers: gateway.operator });
      // Not counted anew at each scrape.
      expect(await subscribers('active')).to.equal(2);
      gateway.pass(60_000);
      await eventually(async () =>
        expect([await subscribers('active'), await subscribers('pending'), await subscribers('leaving')]).to.deep.equal(
          [1, 1, 1],
        ),
      );
    });

    it('are how many play something, and how many tunes are shown after their end', async () => {
      const { stores } = gateway;
      const alice = await gateway.join('+8613800138000');
      expect([await playing(), await stale()]).to.deep.equal([0, 0]);
      await play(alice, 300);
      expect([await playing(), await stale()]).to.deep.equal([1, 0]);
      // As the component's job does.
      const seen = await stores.situations.read(alice, 'xmpp');
      if (!seen) throw new Error('nobody is there');
      const begunAt = gateway.now();
      await stores.told.begin(seen, 'xmpp', seen.subscriber.jid, begunAt);
      expect(await stale()).to.equal(0);
      gateway.pass(310_000);
      expect([await playing(), await stale()], 'just over').to.deep.equal([0, 0]);
      gateway.pass(10_000);
      expect(await stale(), 'not taken off').to.equal(1);
      const ended = { state: 'told' as const, address: seen.subscriber.jid, fingerprint: '', at: gateway.now() };
      await stores.told.note(alice, 'xmpp', ended, begunAt);
      const { told } = (await stores.situations.read(alice, 'xmpp')) ?? {};
      expect([told?.state, await stale()]).to.deep.equal(['told', 0]);
    });
  });

describe('the count of subscribers', () => {
  const counts = (active: number): Census => ({ active, pending: 0, leaving: 0 });

  it('is made when somebody asks, one at a time, and the longer it takes the more seldom', async () => {
    let [now, made] = [1_000_000, 0];
    let end: (counts: Census) => void = () => {};
    const roll = {
      census: () => {
        made += 1;
        return new Promise<Census>((resolve) => {
          end = resolve;
        });
      },
    };
    const census = createCensus(roll, { warn() {} } as never, () => now);
    expect([census(), census(), made]).to.deep.equal([undefined, undefined, 1]);
    now += 2_000;
    end(counts(7));
    await eventually(async () => expect(census()).to.deep.equal(counts(7)));
    now += 99_999;
    census();
    expect(made).to.equal(1);
    now += 1;
    expect([census(), made]).to.deep.equal([counts(7), 2]);
  });

  it('is the last one where Redis is away', async () => {
    let now = 0;
    const answers = [async () => counts(7), () => Promise.reject(new Error('away')), async () => counts(8)];
    const census = createCensus(
      { census: () => (answers.shift() ?? (async () => counts(9)))() },
      { warn() {} } as never,
      () => now,
    );
    await eventually(async () => expect(census()).to.deep.equal(counts(7)));
    now += 15_000;
    census();
    await new Promise(setImmediate);
    expect(census()).to.deep.equal(counts(7));
    now += 15_000;
    await eventually(async () => expect(census()).to.deep.equal(counts(8)));
  });
});
