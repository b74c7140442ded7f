import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { useStack } from '../../support/stack.ts';
import { type Poezio, startPoezio } from '../../support/xmpp/poezio.ts';

describe('a friend who uses poezio', () => {
  // Two starts, each of which may take long on a busy machine.
  const stack = useStack({ tls: true, env: { EARSHOT_PUBLISH_INTERVAL_MS: '100' } });
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;
  let poezio: Poezio;

  before(async () => {
    alice = await api.join('+8613800138000', 'Alice Wang');
    bob = await api.join('+8613900139000', 'Bob Li');
    await api.putBook(alice, [{ name: 'Bob', phoneNumbers: [bob.phoneNumber] }]);
    await api.putBook(bob, [{ name: 'Alice', phoneNumbers: [alice.phoneNumber] }]);
    await api.settled(alice, bob);
    poezio = await startPoezio(stack, bob);
  });

  after(async () => poezio?.stop());

  it('reads on the screen what the other plays, and that it stopped', async () => {
    await api.play(alice, { title: 'Jóga', artist: 'Björk', source: 'Homogenic', track: '2', length: 305, rating: 9 });
    await poezio.shows(`Tune from ${alice.jid}: 2 Jóga - Björk [ 9/10 ] [05:05]`);
    await api.stop(alice);
    await poezio.shows(`${alice.jid} stopped listening to music.`);
  });

  it('reads a hostile title cleaned, and goes on', async () => {
    await api.play(alice, {
      title: '\u202E<b onclick="x()">Evil\u0000\u0007\u001B[31m &amp;\u0019 ]]>\u2066</b>\u202E',
      artist: 'Mal\r\n\tand co',
    });
    await poezio.shows(`Tune from ${alice.jid}: <b onclick="x()">Evil[31m &amp; ]]></b> - Mal and co`);
    await api.play(alice, { title: 'Human Behaviour', artist: 'Björk' });
    await poezio.shows(`Tune from ${alice.jid}: Human Behaviour - Björk`);
    await poezio.type('/nonsense');
    await poezio.shows('Unknown command (nonsense)');
  });

  it('fills in the form of a command', async () => {
    await poezio.type('/ad-hoc tune.op.example');
    await poezio.shows('earshot#forget');
    await poezio.press('Down', 'Down', 'Down', 'Enter');
    await poezio.shows('Ctrl+Y: send form');
    await poezio.press('J', 'o', 'g', 'a', 'C-y');
    await poezio.shows('Adhoc command completed: That plays now, until');
    const { body } = await api.call('GET', api.path(bob, 'now-playing'));
    expect(body).to.include({ title: 'Joga', kind: 'audio' });
  });
});
