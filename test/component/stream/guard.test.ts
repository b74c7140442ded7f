import type { Component } from '@xmpp/component';
import { expect } from 'chai';
import { pino } from 'pino';
import { guard } from '../../../component/stream/guard.ts';
import { type Element, xml } from '../../../component/stream/xml.ts';

type Kept = { written: string[]; read: string[]; disconnect(): void };

/** An entity as xmpp.js has it, as far as reading and writing go; what it is given to read and what it writes are kept. */
function entityThatKeeps(kept: Kept): Component {
  const entity = {
    jid: {} as object | null,
    parser: {},
    options: { service: '', domain: 'tune.op.example' },
    on(event: string, listener: () => void) {
      if (event !== 'disconnect') return entity;
      const before = kept.disconnect;
      kept.disconnect = () => {
        before();
        listener();
      };
      return entity;
    },
    _onData: (data: string) => void kept.read.push(data),
    async write(text: string) {
      kept.written.push(text);
    },
    send: (element: Element): Promise<void> => entity.write(element.toString()),
  };
  return entity as unknown as Component;
}

describe('component/stream/guard', () => {
  const long = 'x'.repeat(500_000);
  let written: string[];
  let kept: Kept;
  let entity: Component;

  beforeEach(() => {
    written = [];
    kept = { written, read: [], disconnect: () => {} };
    entity = entityThatKeeps(kept);
    guard(entity, pino({ level: 'silent' }));
  });

  it('answers with an error where the answer is too long for the server, which would end the stream', async () => {
    await entity.send(xml('iq', { type: 'result', id: '1', to: 'alice@op.example' }, xml('query', {}, long)));
    expect(written).to.have.length(1);
    expect(written[0]).to.match(/^<iq type="error" id="1" to="alice@op\.example"><error .*<resource-constraint /);
  });

  it('answers nothing on a stream that is gone, where xmpp.js would trip over the JID that it has no more', async () => {
    entity.jid = null;
    await entity.send(xml('iq', { type: 'result', id: '1', to: 'alice@op.example' }));
    expect(written).to.deep.equal([]);
  });

  it('sends nothing else that is too long, and says so', async () => {
    const refused = await entity
      .send(xml('message', {}, xml('body', {}, long)))
      .catch((err: { code: string }) => err.code);
    expect(refused).to.equal('PAYLOAD_TOO_LARGE');
    expect(written).to.deep.equal([]);
    await entity.send(xml('message', {}, xml('body', {}, 'short')));
    expect(written).to.deep.equal(['<message><body>short</body></message>']);
  });

  it('gives the parser each text once, with the tag behind it, however many pieces it comes in', () => {
    for (const piece of ['<message><body>', '中', '中', '中</bo', 'dy></message><a/> ', ' <b/>']) entity._onData(piece);
    expect(kept.read).to.deep.equal(['<message><body>', '中中中</body></message><a/>', '  <b/>']);
  });

  it('forgets the beginning of a tag with its stream', () => {
    entity._onData('<message><bo');
    kept.disconnect();
    entity._onData('<stream:stream>');
    expect(kept.read).to.deep.equal(['<message>', '<stream:stream>']);
  });
});
