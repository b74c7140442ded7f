import { expect } from 'chai';
import type { Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { startWithoutXmpp, type WithoutXmpp } from '../../support/servers/without-xmpp.ts';
import { type FakeRosters, keepRosters } from '../../support/xmpp/fake-rosters.ts';
import { type FakeServer, startFakeServer } from '../../support/xmpp/fake-server.ts';

describe('a server that confirms roster items and stores something else', () => {
  let server: FakeServer;
  let rosters: FakeRosters;
  let world: WithoutXmpp;
  let alice: Person;
  let bob: Person;

  before(async () => {
    server = await startFakeServer();
    rosters = keepRosters(server);
    world = await startWithoutXmpp(
      { EARSHOT_COMPONENT_SERVICE: server.service, EARSHOT_COMPONENT_SECRET: 'a secret' },
      ['gateway', 'worker', 'component'],
    );
    await eventually(async () => expect(await readiness()).to.include('"ready"'));
  });

  after(async () => {
    await world?.stop();
    await server?.stop();
  });

  const readiness = async () => (await world.api.call('GET', '/readyz')).text;

  async function befriend(one: Person, other: Person): Promise<void> {
    await world.api.putBook(one, [{ name: 'Other', phoneNumbers: [other.phoneNumber] }]);
    await world.api.putBook(other, [{ name: 'Other', phoneNumbers: [one.phoneNumber] }]);
  }

  async function areFriends(one: Person, other: Person): Promise<void> {
    expect(rosters.of(one.jid).get(other.jid)).to.equal('both');
    expect(rosters.of(other.jid).get(one.jid)).to.equal('both');
  }

  it('stops the component, which says so and ends no friendship', async () => {
    // ejabberd 24.12 does this.
    rosters.store = () => 'none';
    [alice, bob] = [await world.join('+8613800138000'), await world.join('+8613800138001')];
    await befriend(alice, bob);
    await eventually(async () => expect(await readiness()).to.include('rosters that op.example keeps as told'));
    expect(await world.logOf('component')).to.include('confirms what it is told and stores something else');
    // Of the other roster the component may be in the middle.
    await eventually(() => {
      const written = [alice, bob].flatMap(({ jid }) => [...rosters.of(jid).values()]);
      expect(written, 'what is no friendship does not stay in a roster').to.deep.equal([]);
    });
    for (const person of [alice, bob]) {
      // The other end may be written after the first one's roster.
      await eventually(async () => expect(await world.api.friends(person)).to.have.length(1));
      expect(await world.stores.pairs.declinedAll(person.id), 'nobody is taken to have said no').to.be.empty;
    }
  });

  it('is looked at anew at the next connection, where what was wanted is done', async () => {
    rosters.store = (subscription) => subscription;
    server.drop();
    await eventually(() => areFriends(alice, bob));
    await eventually(async () => expect(await readiness()).to.include('"ready"'));
  });

  it('is not taken for one when a client takes a new item away at once', async () => {
    let taken = 0;
    rosters.store = (subscription) => {
      taken += 1;
      return taken === 1 ? undefined : subscription;
    };
    const streams = server.streams();
    server.drop();
    await eventually(() => expect(server.streams()).to.be.greaterThan(streams));
    const [carol, dave] = [await world.join('+8613800138002'), await world.join('+8613800138003')];
    await befriend(carol, dave);
    await eventually(() => areFriends(carol, dave));
    expect(taken, 'set again, once').to.be.greaterThan(2);
  });
});
