import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { xml } from '@xmpp/client';
import { expect } from 'chai';
import { ALL_PRIVILEGES } from '../../../local/prosody/prosody-config.ts';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { joinFriends } from '../../support/pair.ts';
import { startTestStack } from '../../support/stack.ts';
import { connectFriend } from '../../support/xmpp/friend-client.ts';
import { startPatiently } from '../../support/xmpp/patient-start.ts';
import { xmppClient } from '../../support/xmpp/xmpp-client.ts';

describe('the component', () => {
  it('answers disco, version and ping, and refuses the rest as RFC 6120 says', async () => {
    const stack = await startTestStack();
    try {
      const api = createApi(stack);
      const alice = await api.join('+8613800138000');
      const xmpp = xmppClient(stack, alice);
      xmpp.on('error', () => {});
      await startPatiently(xmpp);
      const ask = (child: ReturnType<typeof xml>) =>
        xmpp.iqCaller.request(xml('iq', { type: 'get', to: 'tune.op.example' }, child));
      const info = await ask(xml('query', { xmlns: 'http://jabber.org/protocol/disco#info' }));
      const query = info.getChild('query');
      expect(query?.getChild('identity')?.attrs).to.include({ category: 'component', name: 'Earshot' });
      expect(
        query?.getChildren('feature').map((feature: { attrs: { var?: string } }) => feature.attrs.var),
      ).to.include.members(['jabber:iq:version', 'urn:xmpp:ping']);
      const version = await ask(xml('query', { xmlns: 'jabber:iq:version' }));
      expect(version.getChild('query')?.getChildText('version')).to.match(/^\d+\.\d+\.\d+/);
      expect((await ask(xml('ping', { xmlns: 'urn:xmpp:ping' }))).attrs.type).to.equal('result');
      const refusal = await ask(xml('query', { xmlns: 'jabber:iq:unheard-of' })).catch(
        (err: { condition: string }) => err.condition,
      );
      expect(refusal).to.equal('service-unavailable');
      await xmpp.stop();
    } finally {
      await stack.stop();
    }
  });

  it('is not ready without one of its rights, says which, and with which lines to grant it', async () => {
    const { iq: _, ...others } = ALL_PRIVILEGES;
    const error = await startTestStack({
      server: 'prosody',
      prosody: { privileges: others },
      readyTimeoutMs: 20_000,
    }).then(
      async (stack) => {
        await stack.stop();
        return undefined;
      },
      (err: Error) => err,
    );
    expect(error?.message).to.contain('the right iq http://jabber.org/protocol/pubsub (both) on op.example (XEP-0356)');
  });

  it('hears who comes online also when nothing has happened for a while', async () => {
    const stack = await startTestStack();
    try {
      const api = createApi(stack);
      const [alice, bob] = await joinFriends(api);
      // Five seconds after it has connected the component takes whom the server has not named for offline.
      await sleep(6_000);
      const bobs = await connectFriend(stack, bob);
      await eventually(async () => expect((await api.friends(alice))[0]).to.include({ online: true }));
      await bobs.leave();
    } finally {
      await stack.stop();
    }
  });

  it('knows again after kill -9 who is online, and who has left meanwhile', async () => {
    const stack = await startTestStack();
    try {
      const api = createApi(stack);
      const people = [
        await api.join('+8613800138000'),
        await api.join('+8613900139000'),
        await api.join('+8613700137000'),
      ];
      const [alice, bob, carol] = people as [Person, Person, Person];
      for (const person of people)
        await api.putBook(
          person,
          people.map(({ phoneNumber }) => ({ name: phoneNumber, phoneNumbers: [phoneNumber] })),
        );
      await api.settled(...people);
      const online = async () =>
        Object.fromEntries((await api.friends(alice)).map((friend) => [friend.subscriberId, friend.online]));
      const [bobs, carols] = [await connectFriend(stack, bob), await connectFriend(stack, carol)];
      await eventually(async () => expect(await online()).to.deep.equal({ [bob.id]: true, [carol.id]: true }));
      await stack.kill('component');
      await carols.leave();
      await stack.restart('component');
      await stack.untilReady();
      await eventually(async () => expect(await online()).to.deep.equal({ [bob.id]: true, [carol.id]: false }));
      await bobs.leave();
      await eventually(async () => expect(await online()).to.deep.equal({ [bob.id]: false, [carol.id]: false }));
    } finally {
      await stack.stop();
    }
  });

  it('goes on when the server does not let it probe: it says so once, and friends see each other later', async () => {
    const stack = await startTestStack({ server: 'prosody', prosody: { validateFromAddresses: true } });
    try {
      const api = createApi(stack);
      const [alice, bob] = [await api.join('+8613800138000'), await api.join('+8613900139000')] as [Person, Person];
      await api.putBook(alice, [{ name: 'Bob', phoneNumbers: [bob.phoneNumber] }]);
      await api.putBook(bob, [{ name: 'Alice', phoneNumbers: [alice.phoneNumber] }]);
      await api.settled(alice, bob);
      const bobs = await connectFriend(stack, bob);
      await api.play(alice, { title: 'Heard after all' });
      await bobs.hears(alice.jid, 'Heard after all');
      await bobs.leave();
      await eventually(async () => {
        const log = await readFile(join(stack.dataDir, 'logs', 'component.log'), 'utf8');
        expect(log.match(/validate_from_addresses = false/g)).to.have.length(1);
      });
    } finally {
      await stack.stop();
    }
  });
});
