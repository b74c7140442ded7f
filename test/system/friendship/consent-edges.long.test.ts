import { join } from 'node:path';
import { expect } from 'chai';
import { domainOf } from '../../../domain/account/jid.ts';
import { type Contact, createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { openEvents } from '../../support/http/event-stream.ts';
import { filesIn } from '../../support/kept/files.ts';
import { joinPair } from '../../support/pair.ts';
import { shortSession } from '../../support/short-session.ts';
import { useStack } from '../../support/stack.ts';
import { workDone } from '../../support/work.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

const OPEN = { discoverable: true, audience: 'friends', privateUntil: null, blocked: [] };

describe('consent between two people', () => {
  const stack = useStack({ env: { EARSHOT_PUBLISH_INTERVAL_MS: '0' } });
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;
  let carol: Person;
  let alices: FriendClient;
  let bobs: FriendClient;

  const contact = ({ phoneNumber }: Person, groups: string[] = []): Contact => ({
    uid: phoneNumber,
    name: `Called ${phoneNumber}`,
    phoneNumbers: [phoneNumber],
    groups,
  });
  const consent = (person: Person, settings: object) =>
    api.expectStatus(200, api.call('PUT', api.path(person, 'privacy'), { ...OPEN, ...settings }));
  const playing = (view: Record<string, unknown> | undefined) =>
    (view?.nowPlaying as { title?: string } | null | undefined)?.title;

  before(async () => {
    [alice, bob] = await joinPair(api);
    carol = await api.join('+8613700137000');
    await api.putBook(alice, [contact(bob, ['Work'])]);
    await api.putBook(bob, [contact(alice)]);
    await api.settled(alice, bob);
    alices = await connectFriend(stack, alice);
    bobs = await connectFriend(stack, bob);
  });

  after(async () => {
    await alices?.leave();
    await bobs?.leave();
  });

  async function bothHear(title: string): Promise<void> {
    await api.play(alice, { title: `${title} of Alice`, length: 600 });
    await api.play(bob, { title: `${title} of Bob`, length: 600 });
    await bobs.hears(alice.jid, `${title} of Alice`);
    await alices.hears(bob.jid, `${title} of Bob`);
  }

  async function neitherHears(title: string): Promise<void> {
    const heard = [alices.tunes.length, bobs.tunes.length];
    await api.play(alice, { title: `${title} of Alice`, length: 600 });
    await api.play(bob, { title: `${title} of Bob`, length: 600 });
    await workDone(stack);
    for (const client of [alices, bobs]) await client.caughtUp();
    const foreign = (client: FriendClient, from: number, jid: string) =>
      client.tunes.slice(from).filter((seen) => seen.from === jid);
    expect(foreign(alices, heard[0] ?? 0, bob.jid), 'Alice').to.be.empty;
    expect(foreign(bobs, heard[1] ?? 0, alice.jid), 'Bob').to.be.empty;
  }

  it('a block takes the tune and the presence from both, whoever has blocked, and gives them back to both', async () => {
    for (const [who, whom] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      await bothHear('Before');
      const seen = [alices.presences.length, bobs.presences.length];
      await consent(who, { blocked: [{ subscriberId: whom.id }] });
      await Promise.all([
        bobs.hears(alice.jid, undefined),
        alices.hears(bob.jid, undefined),
        eventually(() => {
          const offline = (client: FriendClient, from: number, jid: string) =>
            client.presences.slice(from).some((one) => one.from === `${jid}/test` && one.type === 'unavailable');
          expect(offline(alices, seen[0] ?? 0, bob.jid), 'Bob is gone for Alice').to.equal(true);
          expect(offline(bobs, seen[1] ?? 0, alice.jid), 'Alice is gone for Bob').to.equal(true);
        }),
      ]);
      for (const person of [alice, bob]) expect(await api.friends(person)).to.be.empty;
      await neitherHears('Blocked');
      await consent(who, {});
      await alices.hears(bob.jid, 'Blocked of Bob');
      await bobs.hears(alice.jid, 'Blocked of Alice');
    }
  });

  it('a block keeps the tune from whom it names also where the two made each other contacts, and leaves rosters and the other’s node alone', async () => {
    const dora = await api.join('+8613600136000');
    const [carols, doras] = [await connectFriend(stack, carol), await connectFriend(stack, dora)];
    await carols.befriend(dora.jid);
    await doras.befriend(carol.jid);
    await carols.item(dora.jid, (item) => expect(item).to.include({ subscription: 'both' }));
    await api.putBook(carol, [contact(dora)]);
    await api.putBook(dora, [contact(carol)]);
    await api.settled(carol, dora);
    await api.play(carol, { title: 'For a contact', length: 600 });
    await doras.hears(carol.jid, 'For a contact');
    await api.play(dora, { title: 'For another', length: 600 });
    await carols.hears(dora.jid, 'For another');
    await consent(dora, { blocked: [{ phoneNumber: carol.phoneNumber }] });
    await carols.hears(dora.jid, undefined);
    await api.play(dora, { title: 'Not for Carol, whom she has blocked', length: 600 });
    await api.play(carol, { title: 'Of one whom Dora has blocked', length: 600 });
    await workDone(stack);
    for (const client of [carols, doras]) await client.caughtUp();
    expect(JSON.stringify(carols.tunes)).to.not.contain('whom she has blocked');
    await doras.item(carol.jid, (item) => expect(item).to.include({ subscription: 'both' }));
    // Who reads its own node learns nothing of a block, neither whose a number is nor who has blocked it.
    expect(await doras.tuneMembers()).to.not.include(carol.jid);
    expect(await carols.tuneMembers()).to.not.include(dora.jid);
    expect(await carols.tuneAccess()).to.equal('presence');
    await doras.hears(carol.jid, 'Of one whom Dora has blocked');
    await consent(dora, {});
    await carols.hears(dora.jid, 'Not for Carol, whom she has blocked');
    await carols.leave();
    await doras.leave();
  });

  it('who leaves the chosen groups loses the tune, and who comes into them gets it, as the book says', async () => {
    await consent(alice, { audience: { groups: ['Work'] } });
    await api.play(alice, { title: 'For colleagues', length: 600 });
    await bobs.hears(alice.jid, 'For colleagues');
    expect(playing((await api.friends(bob))[0])).to.equal('For colleagues');
    await api.putBook(alice, [contact(bob, ['Family'])]);
    await bobs.hears(alice.jid, undefined);
    expect(playing((await api.friends(bob))[0])).to.equal(undefined);
    await api.putBook(alice, [contact(bob, ['Family', 'Work'])]);
    await bobs.hears(alice.jid, 'For colleagues');
    await api.putBook(alice, [contact(bob, ['Work'])]);
    await consent(alice, {});
    await bobs.hears(alice.jid, 'For colleagues');
  });

  it('who is no friend any more for another reason loses the tune for good, and who comes back finds it', async () => {
    const carols = await connectFriend(stack, carol);
    await api.putBook(carol, [contact(alice)]);
    await api.putBook(alice, [contact(bob), contact(carol)]);
    await api.settled(alice, bob, carol);
    await api.play(alice, { title: 'For two', length: 600 });
    await bobs.hears(alice.jid, 'For two');
    await carols.hears(alice.jid, 'For two');
    const events = await openEvents(stack, bob);
    const heard = bobs.tunes.length;
    await api.putBook(alice, [contact(carol)]);
    await bobs.hears(alice.jid, undefined);
    await bobs.item(alice.jid, (item) => expect(item).to.equal(undefined));
    await carols.hears(alice.jid, 'For two');
    // ejabberd's component says it once more of somebody who has just come online (decision 181).
    const seen = bobs.tunes.slice(heard).filter(({ from }) => from === alice.jid);
    expect(seen.filter(({ tune }) => Object.keys(tune).length > 0)).to.be.empty;
    await events.next('friend-removed', (data) => expect(data).to.deep.equal({ subscriberId: alice.id }));
    await api.putBook(bob, []);
    await api.putBook(alice, [contact(bob), contact(carol)]);
    await api.settled(alice, bob);
    // His own end is decided first now, when hers does not know him yet.
    const told = events.events.length;
    await api.putBook(bob, [contact(alice)]);
    await bobs.hears(alice.jid, 'For two');
    await eventually(() => expect(JSON.stringify(events.events.slice(told))).to.contain('For two'));
    events.close();
    await carols.leave();
  });

  it('a private session ends by itself, and what still plays then is shown again', async () => {
    await api.play(alice, { title: 'Outlasts the session', length: 600 });
    await bobs.hears(alice.jid, 'Outlasts the session');
    const events = await openEvents(stack, bob);
    const heard = bobs.tunes.length;
    const until = await shortSession((privateUntil) => consent(alice, { privateUntil }));
    const own = await api.expectStatus(200, api.call('GET', api.path(alice, 'now-playing')));
    expect(own.body).to.include({ title: 'Outlasts the session', shared: false });
    const hers = () => bobs.tunes.slice(heard).flatMap(({ from, tune }) => (from === alice.jid ? [tune.title] : []));
    await eventually(() => expect(hers()).to.include(undefined));
    await eventually(() => expect(hers().at(-1)).to.equal('Outlasts the session'));
    expect(Date.now(), 'not before the end').to.be.at.least(until);
    await events.next('now-playing', (data) => expect(playing(data)).to.equal('Outlasts the session'));
    const { body } = await api.expectStatus(200, api.call('GET', api.path(alice, 'privacy')));
    expect(body.privateUntil).to.equal(null);
    events.close();
  });

  it('settings that were put while the component was down hold when it is back', async () => {
    await api.play(alice, { title: 'While the component is down', length: 600 });
    await bobs.hears(alice.jid, 'While the component is down');
    await stack.kill('component');
    await consent(alice, { blocked: [{ subscriberId: bob.id }] });
    expect(
      await eventually(async () => {
        const friends = await api.friends(bob);
        expect(friends, 'the web page does not wait').to.be.empty;
        return friends.length;
      }),
    ).to.equal(0);
    await stack.restart('component');
    await bobs.hears(alice.jid, undefined);
    await bobs.item(alice.jid, (item) => expect(item).to.equal(undefined));
    await consent(alice, {});
    await bobs.hears(alice.jid, 'While the component is down');
  });

  it('can be read back as it was put, by its owner alone, and changed by only one of two who read the same', async () => {
    const settings = {
      discoverable: true,
      audience: { groups: ['Family', 'Work'] },
      privateUntil: new Date(Date.now() + 60_000).toISOString(),
      blocked: [{ phoneNumber: '+4915146788794' }, { subscriberId: bob.id }],
    };
    const put = await consent(alice, settings);
    const read = await api.expectStatus(200, api.call('GET', api.path(alice, 'privacy')));
    for (const { body } of [put, read]) {
      expect({ ...body, blocked: [] }).to.deep.equal({ ...settings, blocked: [] });
      expect(body.blocked).to.have.deep.members(settings.blocked);
    }
    const etag = read.headers.get('etag') ?? '';
    expect(put.headers.get('etag')).to.equal(etag);
    const answers = await Promise.all(
      ['friends', 'nobody'].map((audience) =>
        api.call('PUT', api.path(alice, 'privacy'), { ...OPEN, audience }, { 'if-match': etag }),
      ),
    );
    expect(answers.map(({ status }) => status)).to.have.members([200, 412]);
    const as = (person: Person) => ({ authorization: `Bearer ${person.token}` });
    await api.expectStatus(403, api.call('GET', api.path(alice, 'privacy'), undefined, as(bob)));
    await api.expectStatus(403, api.call('PUT', api.path(alice, 'privacy'), OPEN, as(bob)));
    await api.expectStatus(200, api.call('GET', '/v1/subscribers/me/privacy', undefined, as(alice)));
    const aof = await filesIn(join(stack.dataDir, 'redis', 'appendonlydir'));
    expect(aof).to.not.contain('15146788794');
    await consent(alice, {});
  });

  it('refuses settings that it cannot keep', async () => {
    for (const wrong of [
      { audience: 'everybody' },
      { audience: { groups: 'Family' } },
      { privateUntil: 'tomorrow' },
      { privateUntil: '2026-13-41T00:00:00Z' },
      { blocked: [{ phoneNumber: '110' }] },
      { blocked: [{ subscriberId: 'a', phoneNumber: '+4915146788794' }] },
      { discoverable: 'yes' },
      { more: 1 },
    ])
      await api.expectStatus(400, api.call('PUT', api.path(alice, 'privacy'), { ...OPEN, ...wrong }));
    await api.expectStatus(400, api.call('PUT', api.path(alice, 'privacy'), { discoverable: true }));
  });

  it('leaves a server that knows neither members nor outcasts of who has left', async () => {
    await api.putBook(carol, [contact(alice, ['Choir']), contact(bob, ['Choir'])]);
    await api.putBook(alice, [contact(bob), contact(carol)]);
    await api.settled(alice, bob, carol);
    await consent(carol, { audience: { groups: ['Choir'] }, blocked: [{ subscriberId: bob.id }] });
    await api.putBook(bob, [contact(alice), contact(carol)]);
    await api.play(carol, { title: 'For the choir', length: 600 });
    await alices.hears(carol.jid, 'For the choir');
    const carols = await connectFriend(stack, carol);
    await eventually(async () => {
      expect(await carols.tuneAccess()).to.equal('whitelist');
      expect(await carols.tuneMembers()).to.include(alice.jid);
    });
    await carols.leave();
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${carol.id}`));
    for (const [client, { jid: own }] of [
      [alices, alice],
      [bobs, bob],
    ] as const) {
      await client.item(carol.jid, (item) => expect(item).to.equal(undefined));
      await eventually(async () => {
        expect(await client.tuneAccess()).to.equal('presence');
        // The home's component itself is a member of every node that it listens to.
        const others = (await client.tuneMembers()).filter((jid) => jid !== own && jid !== `tune.${domainOf(own)}`);
        expect(others).to.be.empty;
      });
    }
  });
});
