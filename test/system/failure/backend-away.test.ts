import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { createSubjectHash } from '../../../runtime/secret/subject-hash.ts';
import { createApi } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { joinFriends } from '../../support/pair.ts';
import { createBackup } from '../../support/put-back.ts';
import { failingBackend } from '../../support/servers/failing-backend.ts';
import { useStack } from '../../support/stack.ts';
import { connectFriend } from '../../support/xmpp/friend-client.ts';

const { settings, fail, mend } = failingBackend();

describe('while the backend of the XMPP server is away', () => {
  const stack = useStack({ server: 'prosody', ...settings });
  const api = createApi(stack);
  const { stamps } = createBackup(stack);

  afterEach(() => mend());

  const componentLog = () => readFile(join(stack.dataDir, 'logs', 'component.log'), 'utf8');
  /** Waits until the backend has given no answer about that account. */
  const hasFailed = (store: string, { jid }: { jid: string }) =>
    eventually(async () => {
      const log = await readFile(join(stack.dataDir, 'prosody', 'prosody.log'), 'utf8');
      expect(log).to.contain(`the backend is away: ${store} of ${jid.split('@')[0]}`);
    });

  it('a tune that is withdrawn goes off friends’ screens, once it is back', async () => {
    const [alice, bob] = await joinFriends(api);
    const bobs = await connectFriend(stack, bob);
    await bobs.item(alice.jid, (item) => expect(item).to.include({ subscription: 'both' }));
    await api.play(alice, { title: 'Lied' });
    await bobs.hears(alice.jid, 'Lied');
    fail(['accounts']);
    await api.call('PUT', `/v1/subscribers/${alice.id}/privacy`, {
      discoverable: true,
      audience: 'nobody',
      privateUntil: null,
      blocked: [],
    });
    await hasFailed('accounts', alice);
    mend();
    await bobs.hears(alice.jid, undefined);
    await bobs.leave();
  });

  it('a tune that is withdrawn goes off friends’ screens also where the component has started meanwhile', async () => {
    const [erin, frank] = [await api.join('+8613800138003', 'Erin'), await api.join('+8613900139003', 'Frank')];
    await api.putBook(erin, [{ name: 'Frank', phoneNumbers: [frank.phoneNumber] }]);
    await api.putBook(frank, [{ name: 'Erin', phoneNumbers: [erin.phoneNumber] }]);
    const franks = await connectFriend(stack, frank);
    await franks.item(erin.jid, (item) => expect(item).to.include({ subscription: 'both' }));
    await api.play(erin, { title: 'Lied', length: 3_000 });
    await franks.hears(erin.jid, 'Lied');
    await eventually(async () =>
      expect(await stamps(), 'Redis knows of the component’s own account').to.match(/^\d+ /m),
    );
    await stack.part('component').stop();
    const since = (await componentLog()).length;
    fail(['accounts']);
    await api.stop(erin);
    await stack.restart('component');
    await eventually(async () => expect((await componentLog()).slice(since)).to.contain('not even the one of the'));
    mend();
    await franks.hears(erin.jid, undefined);
    await franks.leave();
  });

  it('a roster that it could not read, and says to be empty from then on, ends no friendship', async () => {
    const [carol, dave] = [await api.join('+8613800138001', 'Carol'), await api.join('+8613900139001', 'Dave')];
    await api.putBook(carol, [{ name: 'Dave', phoneNumbers: [dave.phoneNumber] }]);
    await api.putBook(dave, [{ name: 'Carol', phoneNumbers: [carol.phoneNumber] }]);
    await api.settled(carol, dave);
    const daves = await connectFriend(stack, dave);
    await daves.item(carol.jid, (item) => expect(item).to.include({ subscription: 'both' }));
    fail(['roster']);
    await api.putBook(carol, [{ name: 'David', phoneNumbers: [dave.phoneNumber] }]);
    await hasFailed('roster', carol);
    mend();
    const subject = createSubjectHash(Buffer.from(stack.env.EARSHOT_NUMBER_KEY ?? '', 'hex'))(carol.id);
    await eventually(async () => {
      const ofCarol = (await componentLog()).split('\n').filter((line) => line.includes(subject));
      expect(ofCarol.join('\n'), 'her roster cannot be written').to.contain('internal-server-error');
    });
    for (const person of [carol, dave]) {
      const { body } = await api.expectStatus(200, api.call('GET', api.path(person, 'export')));
      expect(body.turnedDown, 'nobody has said no').to.deep.equal([]);
    }
    await stack.restart('server');
    const carols = await connectFriend(stack, carol);
    await carols.item(dave.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'David' }));
    await carols.leave();
    await daves.leave();
  });
});
