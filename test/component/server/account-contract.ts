import { expect } from 'chai';
import { Denied } from '../../../component/stream/denied.ts';
import { eventually } from '../../support/eventually.ts';
import { connectFriend, letsIn } from '../../support/xmpp/friend-client.ts';
import type { UnderTest } from './under-test.ts';

export function accountContract(world: () => UnderTest): void {
  const accounts = () => world().server.accounts;
  const jid = 'made@op.example';

  it('are made: they are there, and their user is let in', async () => {
    expect(await accounts().exists(jid)).to.equal(false);
    await accounts().add(jid, 'first');
    expect(await accounts().exists(jid)).to.equal(true);
    expect(await letsIn(world(), { jid, password: 'first' })).to.equal(true);
  });

  it('are not made twice: whose account it is keeps it', async () => {
    expect(
      await accounts()
        .add(jid, 'stolen')
        .catch((err: unknown) => err),
    ).to.be.instanceOf(Denied);
    expect(await letsIn(world(), { jid, password: 'stolen' })).to.equal(false);
    expect(await letsIn(world(), { jid, password: 'first' })).to.equal(true);
  });

  it('are given another password, and the one before no longer opens them', async () => {
    await accounts().setPassword(jid, 'second');
    expect(await letsIn(world(), { jid, password: 'second' })).to.equal(true);
    expect(await letsIn(world(), { jid, password: 'first' })).to.equal(false);
  });

  it('log out whoever is connected, where they are given another password', async () => {
    const { xmpp, leave } = await connectFriend(world(), { jid, password: 'second' });
    xmpp.reconnect.stop();
    const isOut = new Promise((resolve) => xmpp.once('disconnect', resolve));
    await accounts().setPassword(jid, 'third');
    await accounts().logOut?.(jid);
    await isOut;
    await leave();
    expect(await letsIn(world(), { jid, password: 'third' })).to.equal(true);
  });

  it('are none where nobody has made one: no password can be set', async () => {
    expect(
      await accounts()
        .setPassword('nobody@op.example', 'x')
        .catch((err: unknown) => err),
    ).to.be.instanceOf(Denied);
    expect(await accounts().exists('nobody@op.example')).to.equal(false);
  });

  it('go with everything in them, and may be gone already', async () => {
    await accounts().remove(jid);
    expect(await accounts().exists(jid)).to.equal(false);
    expect(await letsIn(world(), { jid, password: 'third' })).to.equal(false);
    await accounts().remove(jid);
  });

  it('inherit no roster from the account before them: they have an empty one, or are not made', async () => {
    await accounts().add('again@op.example', 'first');
    const before = await connectFriend(world(), { jid: 'again@op.example', password: 'first' });
    await before.setItem({ jid: 'somebody@elsewhere.example' });
    await before.leave();
    await accounts().remove('again@op.example');
    const refused = await accounts()
      .add('again@op.example', 'second')
      .then(
        () => undefined,
        (err: unknown) => err,
      );
    if (refused !== undefined) {
      expect(refused).to.be.instanceOf(Denied);
      expect(await accounts().exists('again@op.example')).to.equal(false);
      return;
    }
    const heir = await connectFriend(world(), { jid: 'again@op.example', password: 'second' });
    await eventually(async () => expect(await heir.roster()).to.deep.equal([]));
    await heir.leave();
  });
}
