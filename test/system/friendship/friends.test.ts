import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { useStack } from '../../support/stack.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

describe('two books that name each other', () => {
  const stack = useStack();
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;
  let carol: Person;
  let bobsClient: FriendClient;
  let carolsClient: FriendClient;

  before(async () => {
    alice = await api.join('+8613800138000', 'Alice Wang');
    bob = await api.join('+8613900139000', 'Bob Li');
    carol = await api.join('+8613700137000', 'Carol Zhao');
    bobsClient = await connectFriend(stack, bob);
    carolsClient = await connectFriend(stack, carol);
  });

  after(async () => {
    await bobsClient?.leave();
    await carolsClient?.leave();
  });

  it('become a subscription both on each side, under the name of the own book', async () => {
    await api.putVcards(
      alice,
      'BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Bobby 李\r\nTEL;TYPE=CELL:139 0013 9000\r\nCATEGORIES:Band,Work\r\nEND:VCARD\r\n',
    );
    await api.putBook(bob, [
      { name: 'Ali', phoneNumbers: ['0086 138-0013-8000'] },
      { name: 'Myself', phoneNumbers: ['13900139000'] },
    ]);
    await api.settled(alice, bob);
    await bobsClient.item(alice.jid, (item) =>
      expect(item).to.deep.equal({ jid: alice.jid, subscription: 'both', name: 'Ali', groups: [] }),
    );
    const alicesClient = await connectFriend(stack, alice);
    await alicesClient.item(bob.jid, (item) =>
      expect(item).to.deep.equal({ jid: bob.jid, subscription: 'both', name: 'Bobby 李', groups: ['Band', 'Work'] }),
    );
    await alicesClient.leave();
  });

  it('let the friend’s client show the tune, with every field, and the stop', async () => {
    await api.play(alice, {
      title: 'Jóga',
      artist: 'Björk',
      source: 'Homogenic',
      track: '2',
      length: 305,
      rating: 9,
      uri: 'https://music.example/joga',
    });
    await bobsClient.hears(alice.jid, 'Jóga');
    expect(bobsClient.tunes.at(-1)?.tune).to.deep.equal({
      artist: 'Björk',
      length: '305',
      rating: '9',
      source: 'Homogenic',
      title: 'Jóga',
      track: '2',
      uri: 'https://music.example/joga',
    });
    await api.stop(alice);
    await bobsClient.hears(alice.jid, undefined);
  });

  it('see a tune end by itself when its length has run out', async () => {
    await api.play(alice, { kind: 'video', title: 'A short film', length: 1 });
    await bobsClient.hears(alice.jid, 'A short film');
    await bobsClient.hears(alice.jid, undefined);
    expect((await api.call('GET', api.path(alice, 'now-playing'))).status).to.equal(204);
  });

  it('give a friend who logs in later what is playing at that moment', async () => {
    await api.play(bob, { title: 'Already running', length: 300 });
    await eventually(async () =>
      expect((await api.friends(alice))[0]?.nowPlaying).to.include({ title: 'Already running' }),
    );
    const late = await connectFriend(stack, alice);
    await late.hears(bob.jid, 'Already running');
    await late.leave();
  });

  it('tell nothing to somebody who is in nobody’s book', async () => {
    expect(carolsClient.tunes).to.be.empty;
    expect(carolsClient.presences.filter(({ from }) => !from.startsWith(carol.jid))).to.be.empty;
    expect(await carolsClient.roster()).to.be.empty;
    expect(await api.friends(carol)).to.be.empty;
  });

  it('are not needed twice: the same book again is no new version', async () => {
    const contacts = [{ name: 'Ali', phoneNumbers: ['+86 138 0013 8000'] }];
    const first = await api.putBook(bob, contacts);
    const second = await api.putBook(bob, contacts);
    expect(second.body.version).to.equal(first.body.version);
  });

  it('rename the roster item when the book renames the contact', async () => {
    await api.putBook(bob, [{ name: 'Alice W.', phoneNumbers: ['13800138000'] }]);
    await bobsClient.item(alice.jid, (item) => expect(item?.name).to.equal('Alice W.'));
  });

  it('stop being friends when one removes the other’s contact', async () => {
    await api.putBook(bob, [{ name: 'Somebody else', phoneNumbers: ['13600136000'] }]);
    await bobsClient.item(alice.jid, (item) => expect(item).to.equal(undefined));
    await eventually(async () => expect(await api.friends(alice)).to.be.empty);
    const heard = bobsClient.tunes.length;
    await api.play(alice, { title: 'Not for Bob' });
    await api.settled(alice, bob);
    await eventually(async () => {
      const { text } = await api.call('GET', '/metrics');
      // Of all components together: hers and his may be two.
      const published = text.matchAll(
        /earshot_tune_publishes_total\{what="tune",outcome="done",role="component",[^}]*\} (\d+)/g,
      );
      expect([...published].reduce((sum, [, count]) => sum + Number(count), 0)).to.be.at.least(4);
    });
    // His own tune stopped and went on while he let her go; hers may end, and nothing else of hers may come.
    const hers = bobsClient.tunes.slice(heard).filter(({ from }) => from === alice.jid);
    expect(hers.filter(({ tune }) => tune.title !== undefined)).to.be.empty;
  });
});
