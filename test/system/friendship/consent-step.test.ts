import { expect } from 'chai';
import { ALL_SCOPES } from '../../../domain/access/scope.ts';
import { createApi, type Person } from '../../support/api.ts';
import { bearer, issueKey } from '../../support/http/credentials.ts';
import { openEvents } from '../../support/http/event-stream.ts';
import { useStack } from '../../support/stack.ts';
import { workDone } from '../../support/work.ts';
import { connectFriend } from '../../support/xmpp/friend-client.ts';

const STRANGER = '+8613612345678';
const OPEN = { discoverable: true, audience: 'friends', privateUntil: null, blocked: [] };

describe('a new subscriber whose consent is its own step', () => {
  const stack = useStack({ policy: 'either', env: { EARSHOT_CONSENT: 'subscriber' } });
  const api = createApi(stack);
  let bob: Person;

  before(async () => {
    bob = await api.join('+8613900139000');
    await api.putBook(bob, [
      { name: 'Alice', phoneNumbers: ['+8613800138000'] },
      { name: 'A stranger', phoneNumbers: [STRANGER] },
    ]);
    await consents(bob);
    await api.settled(bob);
  });

  const as = (person: Person) => ({ authorization: `Bearer ${person.token}` });
  const consents = (person: Person) =>
    api.expectStatus(200, api.call('PUT', '/v1/subscribers/me/privacy', OPEN, as(person)));

  it('is hidden, and the same as a stranger to whoever has the number, until it says so itself', async () => {
    const bobs = await connectFriend(stack, bob);
    const events = await openEvents(stack, bob);
    await events.next('friends', () => {});
    const seen = [events.events.length, bobs.presences.length];
    const look = async () => [
      await api.friends(bob),
      (await api.call('GET', api.path(bob, 'address-book'))).text,
      await bobs.roster(),
    ];
    const before = await look();

    const alice = await api.join('+8613800138000');
    await api.putBook(alice, [{ name: 'Bob', phoneNumbers: [bob.phoneNumber] }]);
    await api.play(alice, { title: 'Played before she has agreed', length: 600 });
    await api.settled(alice, bob);
    await workDone(stack);
    await bobs.caughtUp();
    expect(await look(), 'Alice is no more than the stranger is').to.deep.equal(before);
    expect(events.events.slice(seen[0])).to.be.empty;
    expect(bobs.presences.slice(seen[1])).to.be.empty;
    expect(bobs.tunes).to.be.empty;
    expect(await api.friends(alice)).to.be.empty;

    const carrier = bearer((await issueKey(api, ALL_SCOPES, ['+86'])).key);
    for (const credential of [undefined, carrier]) {
      const { body } = await api.expectStatus(403, api.call('PUT', api.path(alice, 'privacy'), OPEN, credential));
      expect(body.code).to.equal('PERMISSION_DENIED');
    }
    await api.expectStatus(200, api.call('GET', api.path(alice, 'privacy'), undefined, carrier));
    await api.expectStatus(200, api.call('PUT', api.path(alice, 'privacy'), { ...OPEN, discoverable: false }));

    await consents(alice);
    await bobs.hears(alice.jid, 'Played before she has agreed');
    await events.next('friend-added', (data) => expect(data).to.include({ subscriberId: alice.id, name: 'Alice' }));
    await api.expectStatus(200, api.call('PUT', api.path(alice, 'privacy'), { ...OPEN, audience: 'nobody' }));
    events.close();
    await bobs.leave();
  });
});
