import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { bareOf } from '../../../domain/account/jid.ts';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { withoutPrivileges } from '../../support/on-server.ts';
import { useStack, withRedis } from '../../support/stack.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

const COMPONENT = 'tune.op.example';

describe('a server that grants no privileges', () => {
  const rights = withoutPrivileges();
  const stack = useStack({ ...rights.settings, env: { EARSHOT_PRIVILEGES: 'optional' } });
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;
  let carol: Person;
  let alices: FriendClient;
  let bobs: FriendClient;

  const contact = (name: string, { phoneNumber }: Person, groups: string[] = []) => ({
    name,
    phoneNumbers: [phoneNumber],
    groups,
  });
  /** With a client that takes suggestions. */
  const connectAlice = () => connectFriend(stack, alice, 'Here', 'test', true);
  const bookOfAlice = (bobsName = 'Bob Li') => [contact(bobsName, bob, ['Band']), contact('Carol', carol)];
  const mode = async () => (await api.call('GET', '/readyz')).body.mode;
  const componentLog = () => readFile(join(stack.dataDir, 'logs', 'component.log'), 'utf8');
  const friendOf = async (person: Person, friend: Person) =>
    (await api.friends(person)).find(({ subscriberId }) => subscriberId === friend.id);
  /** What plays, to Bob who looks at Alice. */
  const shows = (title: string | undefined) =>
    eventually(async () => {
      const tune = (await friendOf(bob, alice))?.nowPlaying as { title: string } | null;
      expect(tune?.title).to.equal(title);
    });
  const suggested = () => alices.suggestions.map(({ action, jid }) => `${action} ${jid}`);

  before(async () => {
    [alice, bob, carol] = [
      await api.join('+8613800138000', 'Alice'),
      await api.join('+8613900139000', 'Bob'),
      await api.join('+8613700137000', 'Carol'),
    ];
    alices = await connectAlice();
    bobs = await connectFriend(stack, bob);
    await alices.befriend(COMPONENT);
    await alices.item(COMPONENT, (item) => expect(item).to.include({ subscription: 'both' }));
  });

  after(async () => {
    await alices?.leave();
    await bobs?.leave();
  });

  it('is worked with where the configuration allows it, and status and log say so', async () => {
    expect(await mode()).to.equal('unprivileged');
    expect(await componentLog())
      .to.contain('connected, without privileges')
      .and.contain('the right roster (both)');
  });

  it('has the component as a contact of whoever wants it', async () => {
    await eventually(() => {
      const present = alices.presences.filter(({ type }) => type === 'available').map(({ from }) => bareOf(from));
      expect(present).to.include(COMPONENT);
    });
  });

  it('has matches offered: as roster items to a client that takes them, otherwise in words', async () => {
    await api.putBook(bob, [contact('Ms. Alice', alice)]);
    await api.putBook(carol, [contact('Alice of the choir', alice)]);
    await api.putBook(alice, bookOfAlice());
    await eventually(() =>
      expect(alices.suggestions).to.have.deep.members([
        { from: COMPONENT, action: 'add', jid: bob.jid, name: 'Bob Li', groups: ['Band'] },
        { from: COMPONENT, action: 'add', jid: carol.jid, name: 'Carol', groups: [] },
      ]),
    );
    await eventually(() => expect(bobs.messages).to.have.length(1));
    expect(bobs.messages[0]).to.contain(`Ms. Alice: ${alice.jid}`);
    expect(alices.messages).to.be.empty;
    expect((await alices.roster()).map(({ jid }) => jid)).to.deep.equal([COMPONENT]);
    await api.settled(alice, bob, carol);
  });

  it('keeps the message for a friend who is not there', async () => {
    const carols = await connectFriend(stack, carol);
    await eventually(() => expect(carols.messages.join()).to.contain(`Alice of the choir: ${alice.jid}`));
    await carols.leave();
  });

  it('has a match offered once, whatever changes in the book and whoever is killed', async () => {
    await api.putBook(alice, bookOfAlice('Bobby'));
    await stack.kill('component');
    await api.putBook(bob, [contact('Dr. Alice', alice)]);
    await alices.plays({ title: 'While nobody listened' });
    await stack.restart('component');
    await api.putBook(alice, bookOfAlice('Bob'));
    await api.settled(alice, bob, carol);
    // Until now it may have been what the killed one had said.
    await stack.untilReady();
    expect(suggested()).to.have.members([`add ${bob.jid}`, `add ${carol.jid}`]);
    expect(bobs.messages).to.have.length(1);
    expect((await friendOf(bob, alice))?.name).to.equal('Dr. Alice');
    await shows('While nobody listened');
  });

  it('lets friends see online, and playing, who has the component as a contact', async () => {
    await alices.plays({ title: 'From her own client', artist: 'Björk' });
    await shows('From her own client');
    // The component was started anew, and may take whom the server is slow to name for offline at first.
    await eventually(async () => expect(await friendOf(bob, alice)).to.include({ online: true, status: 'Here' }));
    await alices.plays({});
    await shows(undefined);
  });

  it('has what other players say on the page, and nothing in the user’s name on the server', async () => {
    await api.play(bob, { title: 'From the phone', length: 1 });
    expect((await friendOf(alice, bob))?.nowPlaying).to.include({ title: 'From the phone' });
    await api.stop(bob);
    expect((await friendOf(alice, bob))?.nowPlaying).to.equal(null);
    expect(alices.tunes.filter(({ from }) => from === bob.jid)).to.be.empty;
  });

  it('has the end of a friendship offered where its beginning was', async () => {
    await api.putBook(alice, [contact('Carol', carol)]);
    await eventually(() => expect(suggested().at(-1)).to.equal(`delete ${bob.jid}`));
    await api.settled(alice, bob);
    expect(await api.friends(bob)).to.be.empty;
    expect(bobs.messages).to.have.length(1);
    await api.putBook(alice, bookOfAlice());
    await eventually(() => expect(suggested().at(-1)).to.equal(`add ${bob.jid}`));
    await eventually(() => expect(bobs.messages).to.have.length(2));
  });

  it('never has anybody offered who is hidden, or has blocked the other', async () => {
    const dave = await api.join('+8613600136000', 'Dave');
    await api.putBook(dave, [contact('Alice', alice)]);
    for (const [discoverable, blocked] of [
      [false, []],
      [true, [{ subscriberId: alice.id }]],
    ]) {
      const settings = { discoverable, audience: 'friends', privateUntil: null, blocked };
      await api.expectStatus(200, api.call('PUT', api.path(dave, 'privacy'), settings));
      await api.putBook(alice, [...bookOfAlice(), contact('Dave', dave)]);
      await api.settled(alice, dave);
    }
    expect(suggested().join()).to.not.contain(dave.jid);
  });

  it('has an offer made again later to somebody for whom there is no account yet', async () => {
    const { body } = await api.expectStatus(
      201,
      api.call('POST', '/v1/subscribers', { phoneNumber: '+8613500135000', jid: 'eve@op.example' }),
    );
    const eve = { id: String(body.subscriberId), jid: 'eve@op.example', phoneNumber: '+8613500135000' } as Person;
    await api.putBook(eve, [contact('Bob', bob)]);
    await api.putBook(bob, [contact('Alice', alice), contact('Eve', eve)]);
    await eventually(() => expect(bobs.messages.at(-1)).to.contain(`Eve: ${eve.jid}`));
    await eventually(async () => {
      const held = (await api.call('GET', api.path(eve, 'export'))).body;
      expect(held.offers).to.deep.equal([]);
      expect(held.pending).to.have.deep.property('rosterItems', [bob.jid]);
    });
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${eve.id}`));
    await withRedis(stack, async (redis) => {
      await eventually(async () => expect(await redis.keys(`*${eve.id}*`)).to.be.empty);
    });
  });

  it('lets somebody leave for good, account and all, and come back', async () => {
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${carol.id}`));
    await eventually(() => expect(suggested().at(-1)).to.equal(`delete ${carol.jid}`));
    carol = await api.join('+8613700137000', 'Carol');
    await api.putBook(carol, [contact('Alice', alice)]);
    await eventually(() => expect(suggested().at(-1)).to.equal(`add ${carol.jid}`));
  });

  it('is told in an export what was offered', async () => {
    const { body } = await api.expectStatus(200, api.call('GET', api.path(alice, 'export')));
    const offers = body.offers as unknown as { item: string; by: string }[];
    expect(offers.map(({ item, by }) => `${item} ${by}`)).to.have.members([`${bob.jid} item`, `${carol.jid} item`]);
  });

  it('has every roster set as soon as it grants them', async () => {
    await api.settled(alice, bob, carol);
    await Promise.all([alices.leave(), bobs.leave()]);
    rights.grantAll();
    await stack.restart('server');
    await eventually(async () => expect(await mode()).to.equal('privileged'));
    [alices, bobs] = await Promise.all([connectAlice(), connectFriend(stack, bob)]);
    await alices.item(bob.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Bob Li' }));
    await bobs.item(alice.jid, (item) => expect(item).to.include({ subscription: 'both' }));
    await api.play(bob, { title: 'Published again' });
    await alices.hears(bob.jid, 'Published again');
    expect([...alices.suggestions, ...bobs.messages]).to.be.empty;
  });
});
