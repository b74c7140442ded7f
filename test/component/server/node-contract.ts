import { expect } from 'chai';
import { NoAccount, type NodeAbility } from '../../../component/server/server.ts';
import { textElement, xml } from '../../../component/stream/xml.ts';
import { eventually } from '../../support/eventually.ts';
import { connectFriend } from '../../support/xmpp/friend-client.ts';
import { befriend, connectPair, type Pair, type UnderTest } from './under-test.ts';

const TUNE = 'http://jabber.org/protocol/tune';
const NOBODY = 'nobody@op.example';
const tune = (title?: string) => xml('tune', { xmlns: TUNE }, textElement('title', title));

export function nodeContract(world: () => UnderTest): void {
  let pair: Pair;
  const nodes = () => world().server.nodes as NodeAbility;
  const titleOf = async () => {
    const item = await nodes().item(pair.mine.jid, TUNE);
    return item?.getChild('tune', TUNE)?.getChildText('title');
  };
  const heard = () =>
    world()
      .heard.filter(({ name, attrs }) => name === 'message' && attrs.from === pair.mine.jid)
      .map((message) => `${message}`);

  before(async () => {
    pair = await connectPair(world(), 'nodes');
    await befriend(world(), pair);
    await world().server.meetings?.introduce(pair.mine.jid, pair.theirs.jid);
    await eventually(() => expect(pair.me.presences.map(({ from }) => from)).to.include(`${pair.theirs.jid}/test`));
  });

  after(async () => pair?.leave());

  it('hold nothing before anybody has published', async () => {
    expect(await nodes().item(pair.mine.jid, TUNE)).to.equal(undefined);
    expect(await nodes().accessModel(pair.mine.jid, TUNE)).to.equal(undefined);
  });

  it('hold what was published last, and friends hear it', async () => {
    for (const title of ['First', 'T & <t>']) {
      await nodes().publish(pair.mine.jid, TUNE, tune(title));
      expect(await titleOf()).to.equal(title);
      await pair.them.hears(pair.mine.jid, title);
    }
  });

  it('are told the end by an empty payload, which friends hear too', async () => {
    await nodes().publish(pair.mine.jid, TUNE, tune());
    expect((await nodes().item(pair.mine.jid, TUNE))?.getChild('tune', TUNE)?.children).to.deep.equal([]);
    await pair.them.hears(pair.mine.jid, undefined);
  });

  it('give an item by its id', async () => {
    await nodes().publish(pair.mine.jid, TUNE, tune('By its id'));
    const { attrs } = (await nodes().item(pair.mine.jid, TUNE)) ?? xml('item');
    const found = await nodes().item(pair.mine.jid, TUNE, attrs.id);
    expect(found?.getChild('tune', TUNE)?.getChildText('title')).to.equal('By its id');
    expect(await nodes().item(pair.mine.jid, TUNE, 'another')).to.equal(undefined);
  });

  it('open and close: to a whitelist, to its members, and back to all contacts', async () => {
    const { mine, theirs, me, them } = pair;
    for (const [changes, model, reaches] of [
      [[['model', 'whitelist']], 'whitelist', false],
      [[[theirs.jid, 'member']], 'whitelist', true],
      [[[theirs.jid, 'none']], 'whitelist', false],
      [[['model', 'presence']], 'presence', true],
    ] as const) {
      const title = `${changes.join()} ${reaches}`;
      await nodes().setAccess(mine.jid, TUNE, changes);
      expect(await nodes().accessModel(mine.jid, TUNE), title).to.equal(model);
      expect(await me.tuneAccess(), title).to.equal(model);
      await nodes().publish(mine.jid, TUNE, tune(title));
      if (reaches) await them.hears(mine.jid, title);
      else await them.caughtUp();
      expect(them.tunes.at(-1)?.tune.title === title, title).to.equal(reaches);
    }
  });

  it('are made to be closed before anything was published', async () => {
    const { jid } = await world().account('closed');
    await nodes().setAccess(jid, TUNE, [['model', 'whitelist']]);
    expect(await nodes().accessModel(jid, TUNE)).to.equal('whitelist');
  });

  it('tell the component what the user’s own client publishes, from when it listens until it no longer does', async () => {
    const { mine, me } = pair;
    for (let time = 0; time < 2; time += 1) await nodes().listen(mine.jid, TUNE);
    await me.plays({ title: 'From her own client' });
    await eventually(() => expect(heard().at(-1)).to.contain('From her own client'));
    expect(heard().filter((message) => message.includes('From her own client'))).to.have.length(1);
    for (let time = 0; time < 2; time += 1) await nodes().unlisten(mine.jid, TUNE);
    await me.plays({ title: 'No longer' });
    // Whatever the server had for the component has come before this answer.
    await nodes().item(mine.jid, TUNE);
    expect(heard().filter((message) => message.includes('No longer'))).to.deep.equal([]);
    expect(await me.tuneListeners()).to.not.include(world().domain);
  });

  it('keep nothing of the component where it no longer listens, whatever it goes on doing there', async () => {
    const { mine, me } = pair;
    for (let time = 0; time < 2; time += 1) {
      await nodes().listen(mine.jid, TUNE);
      await world().reconnect();
    }
    await nodes().unlisten(mine.jid, TUNE);
    expect(await me.tuneListeners()).to.not.include(world().domain);
    await nodes().publish(mine.jid, TUNE, tune());
    await nodes().setAccess(mine.jid, TUNE, [['model', 'presence']]);
    await nodes().release?.(mine.jid, TUNE);
    expect(await me.tuneListeners()).to.not.include(world().domain);
    await me.plays({ title: 'Not heard' });
    await nodes().item(mine.jid, TUNE);
    expect(heard().filter((message) => message.includes('Not heard'))).to.deep.equal([]);
  });

  it('say that there is no such account, and let nothing be undone there', async () => {
    for (const refused of [
      () => nodes().publish(NOBODY, TUNE, tune('x')),
      () => nodes().setAccess(NOBODY, TUNE, [['model', 'whitelist']]),
    ])
      expect(await refused().catch((err: unknown) => err)).to.be.instanceOf(NoAccount);
    await nodes().unlisten(NOBODY, TUNE);
    expect(await nodes().item(NOBODY, TUNE)).to.equal(undefined);
    expect(await nodes().accessModel(NOBODY, TUNE)).to.equal(undefined);
  });

  it('reach friends while their owner is away', async () => {
    const { mine, me, them } = pair;
    await nodes().publish(mine.jid, TUNE, tune('Before she left'));
    await them.hears(mine.jid, 'Before she left');
    await me.leave();
    await nodes().publish(mine.jid, TUNE, tune('While she is away'));
    await them.hears(mine.jid, 'While she is away');
  });

  it('are seen by a friend who comes while their owner is away, and by no other contact of a closed one', async () => {
    const { mine, theirs } = pair;
    const title = () => pair.them.tunes.filter(({ from }) => from === mine.jid).at(-1)?.tune.title;
    for (const [changes, sees] of [
      [[], true],
      [[['model', 'whitelist']], false],
      [[[theirs.jid, 'member']], true],
    ] as const) {
      if (changes.length > 0) await nodes().setAccess(mine.jid, TUNE, changes);
      await pair.them.leave();
      await nodes().publish(mine.jid, TUNE, tune('Before they came'));
      pair.them = await connectFriend(world(), theirs);
      await nodes().showTo?.(mine.jid, TUNE, theirs.jid);
      if (sees) await eventually(() => expect(title()).to.equal('Before they came'));
      else await pair.them.caughtUp();
      expect(title() === 'Before they came').to.equal(sees);
    }
  });
}
