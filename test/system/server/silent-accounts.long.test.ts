import { expect } from 'chai';
import type { Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { startWithoutXmpp, type WithoutXmpp } from '../../support/servers/without-xmpp.ts';
import { type FakeRosters, keepRosters } from '../../support/xmpp/fake-rosters.ts';
import { type FakeServer, startFakeServer } from '../../support/xmpp/fake-server.ts';

/** More than the component has slots for tunes (50) and for rosters (8). */
const SILENT = 60;
/** Milliseconds for which an account that did not answer is left alone, the first time and at most (component/work/patience.ts). */
const FIRST_REST = 30_000;
const LONGEST_REST = 300_000;

/** How often an account that never answers can have been asked in so many milliseconds. */
function mostAsked(elapsed: number): number {
  let times = 1;
  let left = elapsed;
  for (let rest = FIRST_REST; left >= rest; rest = Math.min(2 * rest, LONGEST_REST)) {
    left -= rest;
    times += 1;
  }
  return times;
}

describe('subscribers whose accounts do not answer', () => {
  let server: FakeServer;
  let rosters: FakeRosters;
  let world: WithoutXmpp;
  const silent: Person[] = [];

  before(async () => {
    server = await startFakeServer();
    rosters = keepRosters(server);
    world = await startWithoutXmpp(
      { EARSHOT_COMPONENT_SERVICE: server.service, EARSHOT_COMPONENT_SECRET: 'a secret' },
      ['gateway', 'worker', 'component'],
    );
    await eventually(async () => expect((await world.api.call('GET', '/readyz')).text).to.include('"ready"'));
    for (let i = 0; i < SILENT; i += 1) {
      const person = await world.join(`+86138${String(20_000_000 + i)}`);
      rosters.silent.add(person.jid);
      silent.push(person);
    }
  });

  after(async () => {
    await world?.stop();
    await server?.stop();
  });

  /** By account: how often a tune was told. */
  function countPublishes(): Map<string, number> {
    const published = new Map<string, number>();
    server.onStanza((stanza) => {
      const { to } = stanza.attrs;
      if (to && stanza.toString().includes('<publish ')) published.set(to, (published.get(to) ?? 0) + 1);
    });
    return published;
  }

  async function befriend(one: Person, other: Person): Promise<void> {
    await world.api.putBook(one, [{ name: 'Other', phoneNumbers: [other.phoneNumber] }]);
    await world.api.putBook(other, [{ name: 'Other', phoneNumbers: [one.phoneNumber] }]);
  }

  it('keep nobody else’s tunes and friends waiting', async () => {
    const published = countPublishes();
    const begun = Date.now();
    for (const person of silent) await world.api.play(person, { title: 'Unheard' });
    for (let i = 0; i + 1 < SILENT; i += 2) await befriend(silent[i] as Person, silent[i + 1] as Person);
    await eventually(() => expect(published.size).to.be.greaterThan(40));
    const [alice, bob] = [await world.join('+8613800138000'), await world.join('+8613800138001')];
    await world.api.play(alice, { title: 'Heard' });
    await befriend(alice, bob);
    await eventually(() => {
      expect(published.get(alice.jid)).to.be.at.least(1);
      expect(rosters.of(alice.jid).get(bob.jid)).to.equal('both');
      expect(rosters.of(bob.jid).get(alice.jid)).to.equal('both');
    });
    const asked = Math.max(...silent.map(({ jid }) => published.get(jid) ?? 0));
    expect(asked, 'nobody who is silent was asked again too soon').to.be.within(1, mostAsked(Date.now() - begun));
  });

  it('are left alone for a while, and served once they answer', async () => {
    const [one, other] = silent as [Person, Person];
    rosters.silent.clear();
    await eventually(() => {
      expect(rosters.of(one.jid).get(other.jid)).to.equal('both');
      expect(rosters.of(other.jid).get(one.jid)).to.equal('both');
    }, 2 * LONGEST_REST);
  });
});
