import { xml as clientXml } from '@xmpp/client';
import { expect } from 'chai';
import type { MeetingAbility, PresenceAbility } from '../../../component/server/server.ts';
import { eventually } from '../../support/eventually.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';
import { befriend, connectPair, type Pair, type Person, type UnderTest } from './under-test.ts';

export function meetingContract(world: () => UnderTest): void {
  let pair: Pair;
  const meetings = () => world().server.meetings as MeetingAbility;
  const lastOf = (client: FriendClient, { jid }: Person) =>
    client.presences.filter(({ from }) => from === `${jid}/test`).at(-1)?.type;

  before(async () => {
    pair = await connectPair(world(), 'meetings');
  });

  after(async () => pair?.leave());

  it('let new friends who are online see each other at once', async () => {
    const { mine, theirs, me, them } = pair;
    await befriend(world(), pair);
    await meetings().introduce(mine.jid, theirs.jid);
    await eventually(() => expect([lastOf(me, theirs), lastOf(them, mine)]).to.deep.equal(['available', 'available']));
  });

  it('let somebody see a former friend’s client leave', async () => {
    // Again where an answer of the meeting before comes later: ejabberd keeps no order between two users.
    await eventually(async () => {
      await meetings().part(pair.mine.jid, [`${pair.theirs.jid}/test`]);
      await pair.me.caughtUp();
      expect(lastOf(pair.me, pair.theirs)).to.equal('unavailable');
    });
    expect(lastOf(pair.them, pair.mine), 'the other is told for itself').to.equal('available');
  });

  it('settle a request that was never answered, so that nobody is asked again at the next login', async () => {
    const [asker, asked] = [await world().account('asker'), await world().account('asked')];
    const askers = await connectFriend(world(), asker);
    let askeds = await connectFriend(world(), asked);
    const requests = () => askeds.presences.filter(({ from, type }) => from === asker.jid && type === 'subscribe');
    await askers.xmpp.send(clientXml('presence', { to: asked.jid, type: 'subscribe' }));
    // ejabberd may tell it twice to a client that has just come: as it arrives, and as one that waits.
    await eventually(() => expect(requests()).to.not.be.empty);
    const { rosters } = world().server as Required<UnderTest['server']>;
    const item = (jid: string) => ({ jid, subscription: 'both' as const, name: '', groups: [] });
    const subscriptionOf = async (jid: string, other: string) => (await rosters.read(jid))?.get(other)?.subscription;
    // Whichever roster is set first.
    await rosters.set(asker.jid, item(asked.jid), { ...item(asked.jid), subscription: 'none' });
    await meetings().settle(asked.jid, asker.jid, undefined);
    await rosters.set(asked.jid, item(asker.jid), undefined);
    expect(await subscriptionOf(asker.jid, asked.jid)).to.equal('both');
    expect(await subscriptionOf(asked.jid, asker.jid)).to.equal('both');
    await askeds.leave();
    askeds = await connectFriend(world(), asked);
    await eventually(() => expect(lastOf(askeds, asker)).to.equal('available'));
    await askeds.caughtUp();
    expect(requests()).to.deep.equal([]);
    await askers.leave();
    await askeds.leave();
  });
}

export function presenceContract(world: () => UnderTest): void {
  const presences = () => world().server.presences as PresenceAbility;
  const of = ({ jid }: Person) =>
    world()
      .heard.filter(({ name, attrs }) => name === 'presence' && attrs.from === `${jid}/test`)
      .map(({ attrs }) => attrs.type ?? 'available');

  it('are told of everybody, friend or not, as they come and go', async () => {
    const person = await world().account('presences');
    const client = await connectFriend(world(), person, 'Here');
    await eventually(() => expect(of(person).at(-1)).to.equal('available'));
    await client.appear({ show: 'away' });
    await eventually(() => expect(of(person)).to.have.length.greaterThan(1));
    await client.leave();
    const { snapshot } = presences();
    if (snapshot) await eventually(async () => expect(await snapshot.online()).to.not.include(`${person.jid}/test`));
    else await eventually(() => expect(of(person).at(-1)).to.equal('unavailable'));
  });

  it('are all told anew when the component connects, if the server is said to do so', async () => {
    const person = await world().account('waiting');
    const client = await connectFriend(world(), person);
    await eventually(() => expect(of(person)).to.deep.equal(['available']));
    await world().reconnect();
    if (presences().namesAllAtConnect) await eventually(() => expect(of(person).at(-1)).to.equal('available'));
    expect(of(person)).to.have.length(presences().namesAllAtConnect ? 1 : 0);
    await client.leave();
  });

  it('are all named when they are asked for, if the server does not do so by itself or does not tell who was cut off', async () => {
    const { snapshot, namesAllAtConnect } = presences();
    expect(snapshot !== undefined).to.equal(!namesAllAtConnect);
    if (!snapshot) return;
    const person = await world().account('snapshot');
    const client = await connectFriend(world(), person, 'Here');
    await client.appear({ show: 'away', status: 'Gone for a walk', priority: '7' });
    await eventually(async () =>
      expect(await snapshot.clients(person.jid)).to.deep.equal([
        { resource: 'test', show: 'away', status: 'Gone for a walk', priority: 7 },
      ]),
    );
    expect(await snapshot.online()).to.include(`${person.jid}/test`);
    await client.leave();
    await eventually(async () => expect(await snapshot.clients(person.jid)).to.deep.equal([]));
  });
}
