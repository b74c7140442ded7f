import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { OPEN } from '../../../domain/friendship/privacy.ts';
import { sealBlocked, toBlockedNumber } from '../../../store/friendship/blocked-number.ts';
import type { Friend } from '../../../store/friendship/friends.ts';
import type { Blocked } from '../../../store/friendship/privacy.ts';
import { openTestGateway, type TestGateway } from '../../support/gateway.ts';
import { openEvents } from '../../support/http/event-stream.ts';
import { useRedis } from '../../support/redis.ts';

const HOUR = 3_600_000;
const TURN = { at: 0, paid: 0 };
const PICTURE = { hash: 'c'.repeat(40), image: 'data:image/png;base64,iVBORw0KGgo=' };

type Person = { id: string; phoneNumber: string; token: string };

/** No worker runs: nobody ever decides the pair. */
describe('a friend who has just blocked somebody, or was blocked', () => {
  const server = useRedis();
  let gateway: TestGateway;
  let gatewayUrl: string;
  let numbers = 0;

  before(async () => {
    gateway = await openTestGateway(server, { EARSHOT_LIMIT_ADDRESS: '0' });
    await gateway.app.listen({ host: '127.0.0.1', port: 0 });
    gatewayUrl = `http://127.0.0.1:${(gateway.app.server.address() as AddressInfo).port}`;
  });

  after(async () => gateway?.stop());

  async function join(): Promise<Person> {
    numbers += 1;
    const phoneNumber = `+86${13_800_138_000 + numbers}`;
    const id = await gateway.join(phoneNumber);
    const { token } = await gateway.stores.tokens.issue(id, undefined, HOUR, Date.now());
    return { id, phoneNumber, token };
  }

  async function befriend(one: Person, ...others: Person[]): Promise<void> {
    for (const [a, b] of others.flatMap((other) => [[one, other] as const, [other, one] as const])) {
      const held = gateway.context.numberKeyOf(b.phoneNumber);
      const friend: Friend = { id: b.id, jid: `${b.id}@op.example`, name: b.id, groups: [], held, since: 0 };
      const changes = { set: [friend], unset: [], dirty: [], bar: [], unbar: [] };
      await gateway.stores.friends.write(a.id, changes, gateway.now());
      await gateway.stores.pairs.touch(a.id, [b.id], gateway.now());
    }
  }

  /** Everything that `person` can read of its friends, as texts. */
  async function reads(person: Person): Promise<Record<string, string>> {
    const headers = { authorization: `Bearer ${person.token}` };
    const read = async (path: string) => {
      const { status, text } = await gateway.call({ method: 'GET', url: `/v1/subscribers/me/${path}`, headers });
      expect(status, text).to.equal(200);
      return text;
    };
    const { friends, contacts, pending } = JSON.parse(await read('export'));
    const stream = await openEvents({ gatewayUrl }, person);
    await stream.next('friends', () => {});
    stream.close();
    return {
      list: await read('friends'),
      page: await read('friends?limit=1'),
      export: JSON.stringify({ friends, contacts, pending }),
      stream: JSON.stringify(stream.events),
    };
  }

  const pictureOf = async (person: Person, friend: Person) =>
    (
      await gateway.call({
        method: 'GET',
        url: `/v1/subscribers/me/friends/${friend.id}/avatar`,
        headers: { authorization: `Bearer ${person.token}` },
      })
    ).status;

  const byId = (_: Person, { id }: Person): Blocked[] => [{ subscriberId: id }];
  const byNumber = (by: Person, { phoneNumber }: Person): Blocked[] => {
    const sealed = sealBlocked(gateway.config.secretsKey, by.id, phoneNumber);
    return toBlockedNumber(gateway.context.numberKeys, phoneNumber, sealed);
  };

  for (const [how, named] of [
    ['by id', byId],
    ['by number', byNumber],
  ] as const)
    it(`is in no answer to either of the two from that moment on, ${how}, and others stay`, async () => {
      const [alice, bob, carol] = [await join(), await join(), await join()];
      await befriend(bob, alice, carol);
      await befriend(alice, carol);
      const { avatars } = gateway.stores;
      await avatars.settle(bob.id, `${bob.id}@op.example`, await avatars.known(bob.id), PICTURE, TURN);
      expect(await pictureOf(alice, bob)).to.equal(200);
      for (const [one, other] of [
        [alice, bob],
        [bob, alice],
      ] as const)
        for (const text of Object.values(await reads(one)))
          expect(text).to.match(new RegExp(`${other.id}|${carol.id}`));
      await gateway.stores.privacies.put(bob.id, OPEN, named(bob, alice), undefined, gateway.now());
      for (const [one, other] of [
        [alice, bob],
        [bob, alice],
      ] as const)
        for (const [what, text] of Object.entries(await reads(one))) {
          expect(text, what).to.not.include(other.id);
          expect(text, what).to.include(carol.id);
        }
      expect(await pictureOf(alice, bob)).to.equal(404);
    });

  it('is missing for whom it has blocked as one who has no longer the number', async () => {
    const [alice, bob, carol, dave] = [await join(), await join(), await join(), await join()];
    await befriend(alice, bob, carol, dave);
    await gateway.stores.privacies.put(bob.id, OPEN, byId(bob, alice), undefined, gateway.now());
    const gone = { set: [], unset: [alice.id], dirty: [], bar: [], unbar: [] };
    await gateway.stores.friends.write(carol.id, gone, gateway.now());
    for (const text of Object.values(await reads(alice))) {
      expect(text).to.not.include(bob.id);
      expect(text).to.not.include(carol.id);
    }
  });
});
