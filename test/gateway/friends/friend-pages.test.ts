import { expect } from 'chai';
import type { Friend } from '../../../store/friendship/friends.ts';
import { openTestGateway, type TestGateway } from '../../support/gateway.ts';
import { useRedis } from '../../support/redis.ts';

type Page = { friends: { subscriberId: string }[]; next?: string };

describe('the list of friends', () => {
  const server = useRedis();
  let gateway: TestGateway;
  let alice: string;
  let ids: string[];

  before(async () => {
    gateway = await openTestGateway(server);
    alice = await gateway.join('+8613800138000');
    ids = await Promise.all(Array.from({ length: 7 }, (_, n) => gateway.join(`+861390013900${n}`)));
    const entry = (id: string): Friend => ({ id, jid: `${id}@op.example`, name: id, groups: [], since: 0 });
    const write = (id: string, set: Friend[]) =>
      gateway.stores.friends.write(id, { set, unset: [], dirty: [], bar: [], unbar: [] }, gateway.now());
    await write(alice, ids.map(entry));
    for (const id of ids) await write(id, [entry(alice)]);
  });

  after(async () => gateway?.stop());

  async function page(query: string): Promise<Page> {
    const url = `/v1/subscribers/${alice}/friends${query}`;
    const { status, text } = await gateway.call({ method: 'GET', url, headers: gateway.operator });
    expect(status, text).to.equal(200);
    return JSON.parse(text) as Page;
  }
  const idsOf = ({ friends }: Page) => friends.map(({ subscriberId }) => subscriberId);

  it('is given whole, or by pages, each friend once', async () => {
    const inOrder = [...ids].sort();
    const whole = await page('');
    expect(idsOf(whole)).to.deep.equal(inOrder);
    expect(whole).to.not.have.property('next');
    const first = await page('?limit=3');
    const second = await page(`?limit=3&cursor=${first.next}`);
    const third = await page(`?limit=3&cursor=${second.next}`);
    expect([first, second, third].flatMap(idsOf)).to.deep.equal(inOrder);
    expect(third).to.not.have.property('next');
    expect(await page('?limit=7'), 'no page after the last friend').to.not.have.property('next');
  });

  it('goes on where it was when somebody has gone meanwhile', async () => {
    const { next = '' } = await page('?limit=3');
    await gateway.stores.friends.write(alice, { set: [], unset: [next], dirty: [], bar: [], unbar: [] }, gateway.now());
    expect(idsOf(await page(`?cursor=${next}`))).to.deep.equal([...ids].sort().slice(3));
  });
});
