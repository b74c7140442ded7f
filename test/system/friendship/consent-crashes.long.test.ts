import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { PART_NAMES } from '../../../local/stack/stack.ts';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { joinPair } from '../../support/pair.ts';
import { random } from '../../support/random.ts';
import { useStack } from '../../support/stack.ts';
import { connectFriend } from '../../support/xmpp/friend-client.ts';

const OPEN = { discoverable: true, audience: 'friends', privateUntil: null, blocked: [] };

describe('a block that meets kill -9', () => {
  const stack = useStack({ env: { EARSHOT_PUBLISH_INTERVAL_MS: '0' } });
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;
  let carol: Person;

  before(async () => {
    [alice, bob] = await joinPair(api);
    carol = await api.join('+8613700137000');
    const contact = ({ phoneNumber }: Person) => ({ name: phoneNumber, phoneNumbers: [phoneNumber] });
    await api.putBook(alice, [contact(bob), contact(carol)]);
    for (const person of [bob, carol]) await api.putBook(person, [contact(alice)]);
    await api.settled(alice, bob, carol);
  });

  const consent = (settings: object) =>
    eventually(() => api.expectStatus(200, api.call('PUT', api.path(alice, 'privacy'), { ...OPEN, ...settings })));

  for (const part of PART_NAMES)
    it(`of ${part}, whenever it comes, takes the tune from the one and leaves it to the other`, async () => {
      const title = `Before ${part} died`;
      await eventually(() => api.play(alice, { title, length: 600 }));
      let bobs = await connectFriend(stack, bob);
      let carols = await connectFriend(stack, carol);
      await bobs.hears(alice.jid, title);
      await carols.hears(alice.jid, title);
      await consent({ blocked: [{ subscriberId: bob.id }] });
      // Clients that come back by themselves would throw out those who take their place.
      if (part === 'server') for (const client of [bobs, carols]) await client.leave();
      await sleep(random() * 25);
      await stack.kill(part);
      await stack.restart(part);
      await stack.untilReady();
      if (part === 'server') {
        bobs = await connectFriend(stack, bob);
        carols = await connectFriend(stack, carol);
      }
      // Prosody was down with the old client, and the new one is not told of a tune that it may not see.
      if (part !== 'server') await bobs.hears(alice.jid, undefined);
      await carols.hears(alice.jid, title);
      await eventually(async () => expect(await api.friends(bob)).to.be.empty);
      await api.settled(alice, bob);
      await bobs.item(alice.jid, (item) => expect(item).to.equal(undefined));
      const heard = bobs.tunes.length;
      await api.play(alice, { title: `After ${part} died`, length: 600 });
      await carols.hears(alice.jid, `After ${part} died`);
      expect(bobs.tunes.slice(heard).filter(({ from }) => from === alice.jid)).to.be.empty;
      await consent({});
      await bobs.hears(alice.jid, `After ${part} died`);
      await bobs.leave();
      await carols.leave();
    });

  it('and is taken back before the component is there again: nobody waits for a parting that never was', async () => {
    const title = 'While the component was away';
    await eventually(() => api.play(alice, { title, length: 600 }));
    const carols = await connectFriend(stack, carol);
    await carols.hears(alice.jid, title);
    await stack.kill('component');
    const friends = async (count: number) =>
      eventually(async () => {
        for (const [person, own] of [
          [alice, count],
          [bob, count - 1],
        ] as const)
          expect(await api.friends(person)).to.have.length(own);
      });
    await consent({ blocked: [{ subscriberId: bob.id }] });
    await friends(1);
    await consent({});
    await friends(2);
    await stack.restart('component');
    await api.settled(alice, bob);
    await api.play(alice, { title: 'And after', length: 600 });
    await carols.hears(alice.jid, 'And after');
    await carols.leave();
  });
});
