import { expect } from 'chai';
import { pino } from 'pino';
import { accountExists, createPrivilegedNodes } from '../../component/server/privileged-nodes.ts';
import { createEchoes } from '../../component/stream/echoes.ts';
import { createStream } from '../../component/stream/stream.ts';
import { createXmppOutlet } from '../../component/tune/xmpp-outlet.ts';
import { domainOf } from '../../domain/account/jid.ts';
import { createMetrics } from '../../runtime/metrics.ts';
import { createApi } from '../support/api.ts';
import { joinFriends } from '../support/pair.ts';
import { startTestStack } from '../support/stack.ts';
import { connectFriend } from '../support/xmpp/friend-client.ts';
import { keepsTheContract, type Subject } from './contract.ts';
import { recorderSubject } from './recorder.ts';

/** Two friends on a real Prosody, and the adapter on a stream of its own, in place of the component's. */
async function onProsody(): Promise<Subject> {
  const stack = await startTestStack({ server: 'prosody' });
  const api = createApi(stack);
  const [alice, bob] = await joinFriends(api);
  const bobs = await connectFriend(stack, bob);
  await bobs.item(alice.jid, (item) => expect(item).to.include({ subscription: 'both' }));
  await stack.kill('component');

  const { componentPort, componentDomain, componentSecret } = stack.server();
  const place = { service: `xmpp://127.0.0.1:${componentPort}`, domain: componentDomain, secret: componentSecret };
  const stream = createStream({ ...place, homeHost: domainOf(alice.jid) }, pino({ level: 'silent' }));
  const online = new Promise<void>((resolve) => stream.onOnline(resolve));
  stream.start();
  await online;
  const context = {
    nodes: createPrivilegedNodes(stream, componentDomain, (jid) => accountExists(stream, jid)),
    echoes: createEchoes(Date.now),
    metrics: createMetrics('component'),
  };
  return {
    outlet: createXmppOutlet(context, { publishInterval: 5_000 }),
    address: alice.jid,
    nowhere: `nobody-at-all@${domainOf(alice.jid)}`,
    watcher: bob.jid,
    sees: (title) => bobs.hears(alice.jid, title),
    seen: () => bobs.tunes.map(({ tune }) => tune.title ?? '-'),
    async stop() {
      await stream.stop();
      await bobs.leave();
      await stack.stop();
    },
  };
}

keepsTheContract('the accounts on Prosody', onProsody);
for (const reach of ['each-friend', 'everybody', 'trusted'] as const)
  keepsTheContract(`a list with the reach ${reach}`, () => recorderSubject(reach));
