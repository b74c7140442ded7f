import { expect } from 'chai';
import type { RosterAbility } from '../../../component/server/server.ts';
import type { RosterItem } from '../../../domain/friendship/roster.ts';
import { befriend, connectPair, type Pair, type UnderTest } from './under-test.ts';

export function rosterContract(world: () => UnderTest): void {
  let pair: Pair;
  const rosters = () => world().server.rosters as RosterAbility;

  before(async () => {
    pair = await connectPair(world(), 'rosters');
  });

  after(async () => pair?.leave());

  function itemWith(subscription: RosterItem['subscription'], name: string, groups: string[]): RosterItem {
    return { jid: pair.theirs.jid, subscription, name, groups };
  }

  /** What the server has of it, for the component and for the user's own client; groups have no order. */
  async function readBack(): Promise<RosterItem | undefined> {
    const read = (await rosters().read(pair.mine.jid))?.get(pair.theirs.jid);
    const item = read && { ...read, groups: [...read.groups].sort() };
    expect((await pair.me.roster()).find(({ jid }) => jid === pair.theirs.jid)).to.deep.equal(item);
    return item;
  }

  it('are empty before anybody has written anything', async () => {
    expect([...((await rosters().read(pair.mine.jid)) ?? [])]).to.deep.equal([]);
  });

  it('take an item, with its name and groups', async () => {
    const item = itemWith('both', 'Björk & Co', ['Band', 'Choir']);
    await rosters().set(pair.mine.jid, item, undefined);
    expect(await readBack()).to.deep.equal(item);
  });

  it('take another name and other groups for it, and leave the subscription', async () => {
    const before = await readBack();
    const item = itemWith('both', 'Another', ['Choir']);
    await rosters().set(pair.mine.jid, item, before);
    expect(await readBack()).to.deep.equal(item);
  });

  it('take the subscription back, and leave the item', async () => {
    const before = await readBack();
    const item = itemWith('none', 'Another', ['Choir']);
    await rosters().set(pair.mine.jid, item, before);
    expect(await readBack()).to.deep.equal(item);
  });

  it('lose an item, which may be gone already', async () => {
    for (const time of [1, 2]) {
      const before = await readBack();
      await rosters().remove(pair.mine.jid, pair.theirs.jid, before);
      expect(await readBack(), `time ${time}`).to.equal(undefined);
    }
  });

  it('lose an item that is both without the other end’s losing anything', async () => {
    const { mine, theirs } = pair;
    await befriend(world(), pair);
    await rosters().remove(mine.jid, theirs.jid, await readBack());
    expect(await readBack()).to.equal(undefined);
    expect((await rosters().read(theirs.jid))?.get(mine.jid)?.subscription).to.equal('both');
    await pair.them.caughtUp();
    expect(pair.them.presences.map(({ type }) => type)).to.not.include.members(['unsubscribe', 'unsubscribed']);
  });

  it('are none where there is no account', async () => {
    expect(await rosters().read('nobody@op.example')).to.equal(undefined);
  });
}
