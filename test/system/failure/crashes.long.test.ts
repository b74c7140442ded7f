import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { PART_NAMES, type Stack } from '../../../local/stack/stack.ts';
import { type Api, createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { joinFriends } from '../../support/pair.ts';
import { startTestStack } from '../../support/stack.ts';
import { connectFriend } from '../../support/xmpp/friend-client.ts';

describe('kill -9 during traffic', () => {
  let stack: Stack;
  let api: Api;
  let alice: Person;
  let bob: Person;
  let carol: Person;

  before(async () => {
    stack = await startTestStack({ env: { EARSHOT_PUBLISH_INTERVAL_MS: '200' } });
    api = createApi(stack);
    [alice, bob, carol] = [
      await api.join('+8613800138000'),
      await api.join('+8613900139000'),
      await api.join('+8613700137000'),
    ];
    for (const person of [alice, carol]) await api.putBook(person, [{ name: 'Bob', phoneNumbers: [bob.phoneNumber] }]);
    await api.putBook(bob, [{ name: 'Alice', phoneNumbers: [alice.phoneNumber] }]);
    await api.settled(alice, bob, carol);
  });

  after(async () => stack?.stop());

  for (const part of PART_NAMES)
    it(`of ${part} loses no accepted book and no tune, converges after the restart, and lets nothing play for ever`, async () => {
      await api.play(bob, { title: 'Ends while everything burns', length: 1 });
      const traffic = startTraffic(api, part, alice, bob, carol);
      await sleep(400);
      await stack.kill(part);
      await sleep(1_200);
      await stack.restart(part);
      await stack.untilReady();
      await sleep(400);
      const { title, version, contacts } = await traffic.stop();

      await eventually(async () => {
        const { body } = await api.call('GET', api.path(bob, 'address-book'));
        expect(body).to.deep.include({ version, contacts, matched: 2, state: 'current' });
      });
      const bobs = await connectFriend(stack, bob);
      await bobs.hears(alice.jid, title);
      for (const friend of [alice, carol])
        await bobs.item(friend.jid, (item) => expect(item).to.include({ subscription: 'both' }));
      const carols = await connectFriend(stack, carol);
      await carols.item(bob.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Bob' }));
      await api.play(bob, { title: `All is well with ${part}`, length: 300 });
      await carols.hears(bob.jid, `All is well with ${part}`);
      await api.stop(bob);
      await carols.hears(bob.jid, undefined);
      expect((await api.friends(carol))[0]).to.include({ subscriberId: bob.id, nowPlaying: null });
      await bobs.leave();
      await carols.leave();
    });

  it('of everything at once, in the middle of a tune: the tune still ends', async () => {
    const stack = await startTestStack();
    try {
      const api = createApi(stack);
      const [alice, bob] = await joinFriends(api);
      // A server that stops properly has everything on its disk: ejabberd would forget Bob's new account (decision 248).
      await stack.restart('server');
      await stack.untilReady();
      const bobs = await connectFriend(stack, bob);
      await api.play(alice, { title: 'A tune that must not play for ever', length: 2 });
      await bobs.hears(alice.jid, 'A tune that must not play for ever');
      await Promise.all(PART_NAMES.map((name) => stack.kill(name)));
      for (const name of PART_NAMES) await stack.restart(name);
      await stack.untilReady();
      await bobs.hears(alice.jid, undefined);
      await bobs.leave();
    } finally {
      await stack.stop();
    }
  });
});

/** A phone that plays on and edits its book, and tries again when it gets no answer; the last thing accepted is what must hold. */
function startTraffic(api: Api, part: string, alice: Person, bob: Person, carol: Person) {
  let running = true;
  let last = { title: '', version: 0, contacts: 0 };
  const contact = (n: number) => ({
    uid: `${n}`,
    name: `Contact ${n}`,
    phoneNumbers: [`+86139${String(10_000_000 + n)}`],
  });

  async function accepted(
    request: () => Promise<{ status: number; body: Record<string, unknown> }>,
  ): Promise<Record<string, unknown>> {
    for (;;) {
      const answer = await request().catch(() => undefined);
      if (answer?.status === 202) return answer.body;
      expect(answer?.status ?? 503, 'the only refusal is "try again"').to.equal(503);
      await sleep(50);
    }
  }

  async function run(): Promise<void> {
    const book = [
      { uid: 'a', name: 'Alice', phoneNumbers: [alice.phoneNumber] },
      { uid: 'c', name: 'Carol', phoneNumbers: [carol.phoneNumber] },
    ];
    for (let n = 0; running; n += 1) {
      const title = `Track ${n} of ${part}`;
      await accepted(() => api.call('PUT', api.path(alice, 'now-playing'), { kind: 'audio', title, length: 600 }));
      const contacts = [...book, ...Array.from({ length: n % 20 }, (_, i) => contact(i))];
      const { version } = await accepted(() => api.call('PUT', api.path(bob, 'address-book'), { contacts }));
      last = { title, version: Number(version), contacts: contacts.length };
      await sleep(20);
    }
  }

  const done = run();
  return {
    async stop() {
      running = false;
      await done;
      return last;
    },
  };
}
