import { expect } from 'chai';
import { OPEN } from '../../../domain/friendship/privacy.ts';
import { createNumberKeys } from '../../../runtime/secret/number-key.ts';
import { lookUp } from '../../../service/book/lookup.ts';
import type { ServiceContext } from '../../../service/context.ts';
import type { Stores } from '../../../store/stores.ts';
import { hashNumbers, type Subscriber } from '../../../store/subscriber/subscriber-record.ts';
import { useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const numberKeys = createNumberKeys(Buffer.alloc(32, 1), Buffer.alloc(32, 2));
const ALICE = '+447911123456';
const number = (n: number) => `+4479111235${`${n}`.padStart(2, '0')}`;

describe('a look-up by number', () => {
  const server = useRedis();
  let stores: Stores;
  let context: ServiceContext;
  let alice: Subscriber;
  let made = 0;

  beforeEach(async () => {
    stores = server.freshStores({ first: 20, daily: 1 });
    context = { stores, numberKeys, now: () => NOW } as ServiceContext;
    alice = await join(ALICE);
  });

  async function join(...phoneNumbers: [string, ...string[]]): Promise<Subscriber> {
    made += 1;
    const id = `somebody-${made}`;
    const jid = `${id}@op.example`;
    const one = { id, ...hashNumbers(phoneNumbers, numberKeys), jid, displayName: id, state: 'pending' as const };
    await addSubscriber(stores, one, NOW);
    return { ...one, state: 'active' };
  }

  /** `key`: which of the operator's keys the book was written under. */
  const holds = async ({ id }: Subscriber, held: string, key = 0) => {
    const contact = { name: 'Somebody', groups: [], numberKeys: [numberKeys.of(held)[key] as string] };
    await stores.addressBooks.replace(id, new Map([['uid', contact]]), NOW);
  };
  const consent = (
    { id }: Subscriber,
    discoverable: boolean,
    blocked: Parameters<typeof stores.privacies.put>[2] = [],
  ) => stores.privacies.put(id, { ...OPEN, discoverable }, blocked, undefined, NOW);
  const jidOf = async (phoneNumber: string) => (await lookUp(context, alice, [phoneNumber]))[0];

  /** Somebody of each kind, at the number with the same place. */
  async function everyKind(): Promise<Subscriber[]> {
    const [friend, oneSided, hidden, blocking, blocked, declining, declined, leaving] = [
      await join(number(0)),
      await join(number(1)),
      await join(number(2)),
      await join(number(3)),
      await join(number(4), number(40)),
      await join(number(5)),
      await join(number(6)),
      await join(number(7)),
    ];
    for (const one of [friend, hidden, blocking, blocked, declining, declined, leaving]) await holds(one, ALICE);
    await holds(oneSided, number(0));
    await consent(hidden, false);
    await consent(blocking, true, [{ subscriberId: alice.id }]);
    // By the other of its numbers.
    await consent(alice, true, [{ numberKey: numberKeys.of(number(40))[0] as string }]);
    await stores.pairs.decline(declining.id, alice.id, numberKeys.of(ALICE));
    await stores.pairs.decline(alice.id, declined.id, numberKeys.of(number(6)));
    await stores.subscribers.leave(leaving.id, NOW);
    return [friend, oneSided, hidden, blocking, blocked, declining, declined, leaving];
  }

  it('gives the JID of who would be a friend, and nothing of anybody else', async () => {
    const [friend] = await everyKind();
    const asked = [0, 1, 2, 3, 4, 40, 5, 6, 7, 99].map(number);
    expect(await lookUp(context, alice, [...asked, ALICE])).to.deep.equal([friend?.jid, ...Array(10).fill(undefined)]);
    // Under the other policy one book suffices, and the caller's is taken to hold the number.
    await stores.reconciliation.adopt('either');
    const reached = await lookUp(context, alice, [0, 1, 2].map(number));
    expect(reached.map(Boolean)).to.deep.equal([true, true, false]);
  });

  it('asks the same of Redis whoever has the number', async () => {
    await everyKind();
    async function commands(phoneNumber: string): Promise<Record<string, number>> {
      // So that scripts are loaded and the number is paid for.
      await jidOf(phoneNumber);
      await server.redis.configResetStat();
      await jidOf(phoneNumber);
      const stats = await server.redis.info('commandstats');
      const calls = [...stats.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)].map(([, name, count]) => [name, Number(count)]);
      // A connection on which nothing is heard for a while is pinged.
      return Object.fromEntries(calls.filter(([name]) => name !== 'ping'));
    }
    const unknown = await commands(number(99));
    expect(unknown.hgetall, 'a look-up that looks').to.be.greaterThan(1);
    for (const n of [0, 1, 2, 3, 5, 6]) expect(await commands(number(n)), number(n)).to.deep.equal(unknown);
  });

  it('finds a phone under its other dialling form, and under both keys while the key changes', async () => {
    const argentine = await join('+5491123456789');
    await holds(argentine, ALICE, 1);
    expect(await jidOf('+541123456789')).to.equal(argentine.jid);
    expect((await stores.budget.numbers(alice.id)).asked).to.have.length(2);
  });

  it('looks up nothing that is not paid for', async () => {
    const friend = await join(number(0));
    await holds(friend, ALICE);
    const many = Array.from({ length: 21 }, (_, i) => number(50 + i));
    const refused = await lookUp(context, alice, many).catch((err: unknown) => err);
    expect(refused).to.include({ code: 'TOO_MANY_REQUESTS', retryAfter: 86_400 });
    expect(await jidOf(number(0)).catch((err: unknown) => err)).to.include({ code: 'TOO_MANY_REQUESTS' });
    expect(await jidOf(many[0] as string)).to.equal(undefined);
  });

  it('looks at ten thousand numbers, and Redis answers others again and again meanwhile', async () => {
    const rich = server.freshStores();
    const ofAlice = { ...context, stores: rich } as ServiceContext;
    await addSubscriber(rich, alice, NOW);
    const friend = { ...(await join(number(0))), state: 'pending' as const };
    await addSubscriber(rich, friend, NOW);
    const contact = { name: 'Alice', groups: [], numberKeys: [alice.numberKey] };
    await rich.addressBooks.replace(friend.id, new Map([['uid', contact]]), NOW);
    const many = [...Array.from({ length: 9_999 }, (_, i) => `+4479${11_300_000 + i}`), number(0)];
    let [answered, done] = [0, false];
    const looking = lookUp(ofAlice, alice, many).finally(() => {
      done = true;
    });
    while (!done) {
      await server.redis.ping();
      answered += 1;
    }
    const found = (await looking).flatMap((jid, i) => (jid === undefined ? [] : [[i, jid]]));
    expect(found).to.deep.equal([[9_999, friend.jid]]);
    expect(answered).to.be.above(20);
  });
});
