import { xml as clientXml } from '@xmpp/client';
import { expect } from 'chai';
import type { VcardAbility } from '../../../component/server/server.ts';
import { connectFriend } from '../../support/xmpp/friend-client.ts';
import type { UnderTest } from './under-test.ts';

export function vcardContract(world: () => UnderTest): void {
  const vcards = () => world().server.vcards as VcardAbility;

  it('are read as their user has written them', async () => {
    const person = await world().account('vcards');
    expect((await vcards().read(person.jid))?.getChildText('FN') ?? '').to.equal('');
    const client = await connectFriend(world(), person);
    await client.set(clientXml('vCard', { xmlns: 'vcard-temp' }, clientXml('FN', {}, 'Erin Öz')));
    expect((await vcards().read(person.jid))?.getChildText('FN')).to.equal('Erin Öz');
    await client.leave();
  });

  it('are none where there is no account', async () => {
    expect(await vcards().read('nobody@op.example')).to.equal(undefined);
  });
}
