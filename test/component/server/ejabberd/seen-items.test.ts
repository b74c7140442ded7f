import { expect } from 'chai';
import { createSeenItems } from '../../../../component/server/ejabberd/seen-items.ts';
import { type Element, xml } from '../../../../component/stream/xml.ts';

const NODE = 'http://jabber.org/protocol/tune';

describe('component/server/ejabberd/seen-items', () => {
  it('remembers what nodes hold that are followed, and nothing of an event that anybody sends', () => {
    let hear = (_stanza: Element): void => {};
    const stream = {
      onOffline: () => {},
      onStanza(listener: typeof hear) {
        hear = listener;
        return () => {};
      },
    };
    const seen = createSeenItems(stream, (jid, node) => jid === 'alice@op.example' && node === NODE);
    const tell = (from: string, node: string) => {
      const items = xml('items', { node }, xml('item', { id: 'current' }, xml('tune', {}, 'a title')));
      hear(xml('message', { from }, xml('event', { xmlns: 'http://jabber.org/protocol/pubsub#event' }, items)));
    };
    tell('alice@op.example', NODE);
    tell('alice@op.example', 'another');
    tell('mallory@op.example/phone', NODE);
    expect(seen.last('alice@op.example', NODE)?.getChildText('tune')).to.equal('a title');
    expect(seen.last('alice@op.example', 'another')).to.equal(undefined);
    expect(seen.last('mallory@op.example/phone', NODE)).to.equal(undefined);
  });
});
