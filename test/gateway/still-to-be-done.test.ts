import { expect } from 'chai';
import { openTestGateway, type TestGateway } from '../support/gateway.ts';
import { useRedis } from '../support/redis.ts';

const SETTINGS = { discoverable: true, audience: 'friends', privateUntil: null };
const NOTHING = { due: [], numberHashes: [], subscribers: [], rosterItems: [] };

type Answer = Record<string, unknown>;

describe('what a subscriber sees of what has still to be done', () => {
  const server = useRedis();
  let gateway: TestGateway;
  let numbers = 0;

  before(async () => {
    gateway = await openTestGateway(server, {});
  });

  after(async () => gateway?.stop());

  /** A subscriber about whom nothing is left to be done, and how its app calls. */
  async function join() {
    numbers += 1;
    const phoneNumber = `+86${13_800_138_000 + numbers}`;
    const id = await gateway.join(phoneNumber);
    const { stores } = gateway;
    const { announced } = await stores.subscribers.recordAnnounced(id);
    await stores.pairs.clearAnnounced(id, announced);
    for (const queue of ['reconcile', 'listen'] as const) await stores.due.settle(queue, id, []);
    const { token } = await stores.tokens.issue(id, undefined, 3_600_000, Date.now());
    const ask = async (method: 'GET' | 'PUT', path: string, headers = {}, payload?: object) => {
      const url = `/v1/subscribers/${id}/${path}`;
      const {
        body,
        headers: answered,
        statusCode,
      } = await gateway.app.inject({
        ...{ method, url },
        headers: { authorization: `Bearer ${token}`, ...headers },
        ...(payload && { payload }),
      });
      expect(statusCode).to.be.oneOf([200, 202]);
      return { ...JSON.parse(body), etag: answered.etag } as Answer;
    };
    return { id, phoneNumber, ask };
  }

  it('is nothing of whether a number that it blocks has an owner, and nothing of who blocks it', async () => {
    const [alice, bob] = [await join(), await join()];
    const shown = async () => [
      await alice.ask('GET', 'address-book'),
      (await alice.ask('GET', 'export')).pending,
      await bob.ask('GET', 'address-book'),
      (await bob.ask('GET', 'export')).pending,
    ];
    const before = await shown();
    expect(before[0]).to.include({ state: 'current' });
    expect([before[1], before[3]]).to.deep.equal([NOTHING, NOTHING]);
    await alice.ask('PUT', 'privacy', {}, { ...SETTINGS, blocked: [{ phoneNumber: bob.phoneNumber }] });
    // As the worker marks the pair, and the outlets of who is not to be seen.
    await gateway.stores.pairs.touch(alice.id, [bob.id], Date.now());
    await gateway.stores.sharing.ask(alice.id, Date.now());
    await gateway.stores.sharing.ask(bob.id, Date.now());
    expect(await shown()).to.deep.equal(before);
    const { authorization } = gateway.operator;
    expect(await alice.ask('GET', 'address-book', { authorization }), 'the operator').to.include({
      state: 'reconciling',
    });
  });

  it('is its own book, and the friends who are looked at', async () => {
    const [alice, bob, carol] = [await join(), await join(), await join()];
    await alice.ask('PUT', 'address-book', {}, { contacts: [{ name: 'Bob', phoneNumbers: [bob.phoneNumber] }] });
    gateway.pass(60_000);
    expect(await alice.ask('GET', 'address-book')).to.include({ state: 'reconciling' });
    for (const [one, other] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      const friend = { id: other.id, jid: `${other.id}@op.example`, name: 'Friend', groups: [] };
      const changes = { set: [friend], unset: [], dirty: [], bar: [], unbar: [] };
      await gateway.stores.friends.write(one.id, changes, gateway.now());
    }
    await gateway.stores.pairs.touch(alice.id, [bob.id, carol.id], gateway.now());
    const { pending } = await alice.ask('GET', 'export');
    expect(pending).to.deep.include({ subscribers: [bob.id] });
    await gateway.stores.addressBooks.clearDirtyNumbers(
      alice.id,
      await gateway.stores.addressBooks.dirtyNumbers(alice.id),
    );
    expect(await alice.ask('GET', 'address-book')).to.include({ state: 'current' });
  });
});
