import { xml as clientXml } from '@xmpp/client';
import { expect } from 'chai';
import type { KeepAbility } from '../../../component/server/server.ts';
import { xml } from '../../../component/stream/xml.ts';
import { ALL_PRIVILEGES } from '../../../local/prosody/prosody-config.ts';
import { befriend, connectPair, type Pair, startUnderTest, type UnderTest } from './under-test.ts';

const NODE = 'urn:earshot:test:0';
const PUBSUB = 'http://jabber.org/protocol/pubsub';

describe('private nodes on Prosody', () => {
  let world: UnderTest;
  let pair: Pair;

  before(async () => {
    world = await startUnderTest('prosody', { prosody: { privileges: ALL_PRIVILEGES } });
    pair = await connectPair(world, 'keeps');
    await befriend(world, pair);
  });

  after(async () => {
    await pair?.leave();
    await world?.stop();
  });

  const keeps = () => world.server.keeps as KeepAbility;
  const kept = async () => (await keeps().all(pair.mine.jid, NODE)).map((one) => one.getText()).sort();
  const askedBy = (client: Pair['me']) =>
    client.xmpp.iqCaller.request(
      clientXml(
        'iq',
        { type: 'get', to: pair.mine.jid },
        clientXml('pubsub', { xmlns: PUBSUB }, clientXml('items', { node: NODE })),
      ),
    );

  it('hold sixteen items, each of them the last one of its id, also after the component came back', async () => {
    expect(await kept(), 'where there is no node').to.deep.equal([]);
    for (const round of ['first', 'second']) {
      for (let id = 0; id < 16; id += 1)
        await keeps().put(pair.mine.jid, NODE, `${id}`, xml('kept', { xmlns: NODE }, `${round} ${id}`));
      expect(await kept()).to.deep.equal(Array.from({ length: 16 }, (_, id) => `${round} ${id}`).sort());
      await world.reconnect();
    }
  });

  it('are read by their owners, and by no contact', async () => {
    expect(`${await askedBy(pair.me)}`).to.contain('second 7');
    expect(await askedBy(pair.them).catch((err: { condition: string }) => err.condition)).to.equal('forbidden');
  });

  it('do not take over a node of that name that others may read', async () => {
    const open = 'urn:earshot:open:0';
    const item = clientXml('item', { id: '1' }, clientXml('kept', { xmlns: open }));
    await pair.me.xmpp.iqCaller.set(clientXml('pubsub', { xmlns: PUBSUB }, clientXml('publish', { node: open }, item)));
    const put = keeps().put(pair.mine.jid, open, '1', xml('kept', { xmlns: open }));
    expect(await put.catch((err: { condition: string }) => err.condition)).to.equal('conflict');
  });

  it('go, and are gone where they are not there', async () => {
    for (const jid of [pair.mine.jid, pair.mine.jid, `nobody@${world.xmpp.domain}`]) await keeps().drop(jid, NODE);
    expect(await kept()).to.deep.equal([]);
    expect(await keeps().all(`nobody@${world.xmpp.domain}`, NODE)).to.deep.equal([]);
  });
});
