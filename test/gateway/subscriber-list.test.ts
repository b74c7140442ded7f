import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { hashNumbers } from '../../store/subscriber/subscriber-record.ts';
import { openTestGateway, type TestGateway } from '../support/gateway.ts';
import { REDIS_KINDS, useRedis } from '../support/redis.ts';

type Page = { subscribers: { subscriberId?: string; phoneNumber: string; state: string }[]; next?: string };

for (const kind of REDIS_KINDS)
  describe(`the list of subscribers, on ${kind}`, () => {
    const server = useRedis(kind);
    let gateway: TestGateway;
    const ids: string[] = [];

    before(async () => {
      gateway = await openTestGateway(server);
      ids.length = 0;
      for (let n = 0; n < 70; n += 1) ids.push(await gateway.join(`+86138001380${`${n}`.padStart(2, '0')}`));
      ids.push(await gateway.join('+4915146788701', '+8613800138099'));
    });

    after(async () => gateway?.stop());

    async function keyFor(ranges: string[]): Promise<typeof gateway.operator> {
      const wish = { name: 'x', scopes: ['subscribers:read' as const], ranges };
      const created = (await gateway.stores.credentials.create(wish, gateway.now())) as { key: string };
      return { authorization: `Bearer ${created.key}` };
    }

    async function page(query: string, headers = gateway.operator): Promise<Page> {
      const { status, text } = await gateway.call({ method: 'GET', url: `/v1/subscribers?${query}`, headers });
      expect(status, text).to.equal(200);
      return JSON.parse(text) as Page;
    }

    async function all(query: string, headers = gateway.operator): Promise<Page['subscribers']> {
      const found: Page['subscribers'] = [];
      for (let next: string | undefined = ''; next !== undefined; ) {
        const got = await page(`${query}${next === '' ? '' : `&cursor=${next}`}`, headers);
        found.push(...got.subscribers);
        next = got.next;
      }
      return found;
    }

    it('has everybody once, in the order in which they were added, whatever the size of a page', async () => {
      for (const limit of [1000, 64, 7])
        expect((await all(`limit=${limit}`)).map(({ subscriberId }) => subscriberId)).to.deep.equal(ids);
      const first = await page('limit=7');
      expect(first.subscribers).to.have.length(7);
      expect(first.subscribers[0]).to.deep.include({ phoneNumber: '+8613800138000', state: 'active' });
    });

    it('shows a credential whom it reaches, and of who has other numbers its own numbers alone', async () => {
      const found = await all('limit=1000', await keyFor(['+49']));
      expect(found).to.deep.equal([
        { phoneNumber: '+4915146788701', otherPhoneNumbers: [], shared: true, state: 'active' },
      ]);
      expect(await all('limit=1000', await keyFor(['+33']))).to.deep.equal([]);
    });

    it('shows those of a range, and those in a state', async () => {
      expect(await all('limit=10&range=%2B4915')).to.have.length(1);
      expect(await all('limit=10&range=%2B86')).to.have.length(71);
      expect(await all('state=waiting')).to.deep.equal([]);
      const id = randomUUID();
      const numbers = hashNumbers(['+8613800138098'], gateway.context.numberKeys);
      await gateway.stores.subscribers.create(
        { id, ...numbers, jid: `${id}@op.example`, displayName: '', state: 'pending' },
        gateway.now(),
      );
      expect(await all('limit=1000'), 'who is added just now is nobody').to.have.length(71);
      await gateway.stores.subscribers.leave(id, gateway.now());
    });

    it('takes no number in its URL, and no cursor but one that it gave', async () => {
      for (const query of [
        'range=%2B8613800138000',
        'cursor=1',
        'cursor=x',
        `cursor=${'x'.repeat(58)}`,
        'limit=0',
        'limit=1001',
        'state=leaving',
      ]) {
        const { status } = await gateway.call({
          method: 'GET',
          url: `/v1/subscribers?${query}`,
          headers: gateway.operator,
        });
        expect(status, query).to.equal(400);
      }
    });

    it('tells by no cursor how many subscribers there are', async () => {
      const nexts: string[] = [];
      for (const limit of [1, 1, 9, 65]) nexts.push(`${(await page(`limit=${limit}`)).next}`);
      expect(new Set(nexts)).to.have.length(4);
      for (const next of nexts) expect(next).to.match(/^[\w-]{70}$/);
    });
  });
