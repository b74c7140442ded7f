import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { createClient } from 'redis';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { joinPair } from '../../support/pair.ts';
import { useStack } from '../../support/stack.ts';

describe('a number key that is changed', () => {
  const stack = useStack({ env: { EARSHOT_ACCOUNT_NAMES: 'number' } });
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;
  let carol: Person;

  const contact = (uid: string, phoneNumber: string) => ({ uid, name: `My ${uid}`, phoneNumbers: [phoneNumber] });
  const CAROL = '+8613700137000';

  before(async () => {
    [alice, bob] = await joinPair(api);
    await api.expectStatus(200, patch(bob, { otherPhoneNumbers: ['+4915146788794'] }));
    await putBooks();
    await api.settled(alice, bob);
  });

  const patch = (person: Person, body: object) => api.call('PATCH', `/v1/subscribers/${person.id}`, body);

  async function putBooks(): Promise<void> {
    await api.putBook(alice, [
      contact('bob', bob.phoneNumber),
      contact('carol', CAROL),
      contact('dora', '+8613600136000'),
    ]);
    await api.putBook(bob, [contact('alice', alice.phoneNumber)]);
    if (carol) await api.putBook(carol, [contact('alice', alice.phoneNumber)]);
  }

  /** How the operator does it: other settings, and new processes. */
  async function restartWith(settings: Record<string, string | undefined>): Promise<void> {
    for (const [name, value] of Object.entries(settings))
      if (value === undefined) delete stack.env[name];
      else stack.env[name] = value;
    for (const role of ['gateway', 'worker'] as const) await stack.restart(role);
    await stack.untilReady();
  }

  async function redis<T>(ask: (client: ReturnType<typeof createClient>) => Promise<T>): Promise<T> {
    const client = createClient({ url: stack.redis().url });
    await client.connect();
    try {
      return await ask(client as ReturnType<typeof createClient>);
    } finally {
      client.destroy();
    }
  }

  /** How many numbers the directory holds. */
  const entries = () =>
    redis(async (client) => {
      let count = 0;
      for (const key of await client.keys('*}:directory:*')) count += await client.hLen(key);
      return count;
    });

  const namesOf = async (person: Person) => (await api.friends(person)).map(({ name }) => name).sort();

  async function allAreFriends(): Promise<void> {
    await eventually(async () => {
      expect(await namesOf(alice)).to.deep.equal(carol ? ['My bob', 'My carol'] : ['My bob']);
      expect(await namesOf(bob)).to.deep.equal(['My alice']);
      if (carol) expect(await namesOf(carol)).to.deep.equal(['My alice']);
    });
    for (const person of [alice, bob, ...(carol ? [carol] : [])]) {
      const { phoneNumber } = person;
      const found = await api.expectStatus(200, api.call('POST', '/v1/subscribers/retrieve', { phoneNumber }));
      expect(found.body.subscriberId).to.equal(person.id);
    }
  }

  it('puts every number into the directory under both keys, while friends stay friends and are found', async () => {
    expect(await entries()).to.equal(3);
    const before = stack.env.EARSHOT_NUMBER_KEY;
    await restartWith({ EARSHOT_NUMBER_KEY_PREVIOUS: before, EARSHOT_NUMBER_KEY: randomBytes(32).toString('hex') });
    await allAreFriends();
    await eventually(async () => expect(await entries()).to.equal(6));
    await api.settled(alice, bob);
    await allAreFriends();
  });

  it('lets somebody who joins now match books from before, and books from now match people from before', async () => {
    carol = await api.join(CAROL);
    await api.putBook(carol, [contact('alice', alice.phoneNumber)]);
    await allAreFriends();
    expect((await api.friends(alice)).map(({ phoneNumber }) => phoneNumber).sort()).to.deep.equal([
      CAROL,
      bob.phoneNumber,
    ]);
  });

  it('leaves a book from before open to changes of single contacts', async () => {
    const change = (body: object) => api.expectStatus(202, api.call('PATCH', api.path(alice, 'address-book'), body));
    expect((await change({ remove: ['carol'] })).body.contacts).to.equal(2);
    await eventually(async () => expect(await namesOf(alice)).to.deep.equal(['My bob']));
    expect((await change({ upsert: [contact('carol', CAROL)] })).body.contacts).to.equal(3);
    await allAreFriends();
  });

  it('gives the old entries back when the books are uploaded anew and the old key is gone, and friends stay friends', async () => {
    await putBooks();
    await api.settled(alice, bob, carol);
    await restartWith({ EARSHOT_NUMBER_KEY_PREVIOUS: undefined });
    await eventually(async () => expect(await entries()).to.equal(4));
    await api.settled(alice, bob, carol);
    await allAreFriends();
  });

  it('keeps in mind which accounts Earshot has made, where they are named after numbers', async () => {
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${bob.id}`));
    // Who comes back while the erasure is under way is told, after five seconds, to try again.
    const again = await eventually(() => api.join(bob.phoneNumber));
    expect(again.jid).to.equal(bob.jid);
  });
});
