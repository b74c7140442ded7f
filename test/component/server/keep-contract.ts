import { xml as clientXml } from '@xmpp/client';
import { expect } from 'chai';
import { type KeepAbility, NoAccount } from '../../../component/server/server.ts';
import { type Element, xml } from '../../../component/stream/xml.ts';
import { befriend, connectPair, type Pair, type UnderTest } from './under-test.ts';

const NODE = 'urn:earshot:test:0';
const PUBSUB = 'http://jabber.org/protocol/pubsub';
const ITEMS = 'http://jabber.org/protocol/disco#items';

/** What is kept in users' accounts, which none of their contacts may read. */
export function keepContract(world: () => UnderTest): void {
  let pair: Pair;
  const messages: Element[] = [];

  before(async () => {
    pair = await connectPair(world(), 'keeps');
    await befriend(world(), pair);
    for (const client of [pair.me, pair.them])
      client.xmpp.on('stanza', (stanza: Element) => {
        if (stanza.name === 'message') messages.push(stanza);
      });
  });

  after(() => pair?.leave());

  const keeps = () => world().server.keeps as KeepAbility;
  const kept = async () => (await keeps().all(pair.mine.jid, NODE)).map((one) => one.getText()).sort();
  const put = (node: string, id: string, text: string, jid = pair.mine.jid) =>
    keeps().put(jid, node, id, xml('kept', { xmlns: node }, text));
  const askedBy = (client: Pair['me'], query: ReturnType<typeof clientXml>) =>
    client.xmpp.iqCaller.request(clientXml('iq', { type: 'get', to: pair.mine.jid }, query));
  const items = (node: string) => clientXml('pubsub', { xmlns: PUBSUB }, clientXml('items', { node }));

  it('hold sixteen items, each of them the last one of its id, also after the component came back', async () => {
    expect(await kept(), 'where there is no node').to.deep.equal([]);
    for (const round of ['first', 'second']) {
      for (let id = 0; id < 16; id += 1) await put(NODE, `${id}`, `${round} ${id}`);
      expect(await kept()).to.deep.equal(Array.from({ length: 16 }, (_, id) => `${round} ${id}`).sort());
      await world().reconnect();
    }
  });

  it('are written side by side', async () => {
    const together = Array.from({ length: 16 }, (_, id) => `third ${id}`);
    await Promise.all(together.map((text, id) => put(NODE, `${id}`, text)));
    expect(await kept()).to.deep.equal([...together].sort());
  });

  it('are read by their owners, and by no contact, who is told nothing of what is in them', async () => {
    expect(`${await askedBy(pair.me, items(NODE))}`).to.contain('third 7');
    const refusal = await askedBy(pair.them, items(NODE)).catch((err: { condition: string }) => err.condition);
    expect(refusal).to.be.oneOf(['forbidden', 'closed-node']);
    expect(`${await askedBy(pair.them, clientXml('query', { xmlns: ITEMS }))}`).to.not.contain('third');
    await pair.them.caughtUp();
    expect(messages.filter((one) => `${one}`.includes(NODE)).map(String)).to.deep.equal([]);
  });

  it('do not take over a node of that name that others may read', async () => {
    const open = 'urn:earshot:open:0';
    const item = clientXml('item', { id: '1' }, clientXml('kept', { xmlns: open }));
    await pair.me.xmpp.iqCaller.set(clientXml('pubsub', { xmlns: PUBSUB }, clientXml('publish', { node: open }, item)));
    expect(await put(open, '1', '').catch((err: { condition: string }) => err.condition)).to.equal('conflict');
    await keeps().drop(pair.mine.jid, open);
    await put(open, '1', 'mine now');
    expect(await askedBy(pair.them, items(open)).catch(() => 'refused')).to.equal('refused');
    await keeps().drop(pair.mine.jid, open);
  });

  it('are gone when they are dropped, though their user has made them anew, and where they never were', async () => {
    for (const jid of [pair.mine.jid, pair.mine.jid, `nobody@${world().xmpp.domain}`]) await keeps().drop(jid, NODE);
    expect(await kept()).to.deep.equal([]);
    await pair.me.xmpp.iqCaller.set(clientXml('pubsub', { xmlns: PUBSUB }, clientXml('create', { node: NODE })));
    await keeps().drop(pair.mine.jid, NODE);
    expect(`${await askedBy(pair.me, clientXml('query', { xmlns: ITEMS }))}`).to.not.contain(NODE);
  });

  it('are none in an account that is not there', async () => {
    const nobody = `nobody@${world().xmpp.domain}`;
    expect(await put(NODE, '1', '', nobody).catch((err: unknown) => err)).to.be.instanceOf(NoAccount);
    expect(await keeps().all(nobody, NODE)).to.deep.equal([]);
  });

  it('stay with nobody where an account is deleted while something is written there', async () => {
    const { jid } = await world().account('going');
    const writes = Array.from({ length: 16 }, (_, id) => put(NODE, `${id}`, 'left', jid).catch((err: unknown) => err));
    await world().server.accounts.remove(jid);
    const outcomes = (await Promise.all(writes)).filter((one) => one !== undefined);
    for (const err of outcomes) expect(err).to.be.instanceOf(NoAccount);
    await world().account('going');
    expect(await keeps().all(jid, NODE)).to.deep.equal([]);
  });
}
