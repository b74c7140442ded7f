import { expect } from 'chai';
import type { InjectOptions } from 'fastify';
import type { Book } from '../../domain/book/address-book.ts';
import { openTestGateway, type TestGateway } from '../support/gateway.ts';
import { watchedStores } from '../support/measure/watched-stores.ts';
import { useRedis } from '../support/redis.ts';

describe('an address book whose upload was cut off', () => {
  const redis = useRedis();
  let gateway: TestGateway;

  before(async () => {
    gateway = await openTestGateway(redis);
  });

  after(async () => gateway?.stop());

  it('is never current, and refuses single contacts until it is uploaded again', async () => {
    const id = await gateway.join('+8613800138000');
    const call = (method: string, payload?: object, headers: Record<string, string> = {}) =>
      gateway.call({
        ...{ method, url: `/v1/subscribers/${id}/address-book`, headers: { ...gateway.operator, ...headers } },
        ...(payload ? { payload } : {}),
      } as InjectOptions);
    const contacts = Array.from({ length: 3_000 }, (_, i) => ({
      uid: `u${i}`,
      name: `Contact ${i}`,
      phoneNumbers: [`+86137${10_000_000 + i}`],
    }));
    const { numberKeyOf } = gateway.context;
    const book: Book = new Map(
      contacts.map(({ uid, name, phoneNumbers }) => [
        uid,
        { name, groups: [], numberKeys: phoneNumbers.map(numberKeyOf) },
      ]),
    );
    let steps = 0;
    const dying = watchedStores(redis, gateway.stores, (args) => {
      if (args.some(({ length }) => length > 10_000)) steps += 1;
      if (steps === 2) throw new Error('the gateway is dead');
    });
    const outcome = await dying.addressBooks.replace(id, book, gateway.now()).catch((err) => err.message);
    expect(outcome).to.equal('the gateway is dead');

    // Long after what a book says of itself right after a change.
    gateway.pass(60_000);
    const cut = await call('GET');
    expect(cut.body).to.include({ version: 0, contacts: 0, state: 'reconciling' });
    const upsert = [{ uid: 'x', name: 'X', phoneNumbers: ['+8613699999999'] }];
    for (const condition of [{}, { 'if-match': `${cut.headers.etag}` }]) {
      const refused = await call('PATCH', { upsert }, condition);
      expect([refused.status, refused.body.code]).to.deep.equal([409, 'CONFLICT']);
      expect(refused.body.detail).to.match(/upload the whole book with PUT/);
    }
    const nothing = await call('PUT', { contacts: [{ uid: 'y', name: 'Nobody' }] });
    expect(nothing.status, 'nothing in it can be kept').to.equal(400);
    expect((await call('PUT', { contacts })).body).to.include({ version: 1, contacts: 3_000 });
    expect((await call('PATCH', { upsert })).body).to.include({ version: 2, contacts: 3_001 });
  });
});
