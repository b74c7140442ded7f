import { expect } from 'chai';
import { pino } from 'pino';
import { createStream, type Stream } from '../../../component/stream/stream.ts';
import { xml } from '../../../component/stream/xml.ts';
import { eventually } from '../../support/eventually.ts';
import { type FakeServer, startFakeServer } from '../../support/xmpp/fake-server.ts';

const OPTIONS = { domain: 'tune.op.example', secret: 'secret', homeHost: 'op.example' };

describe('component/stream/doubt: who stood still', () => {
  let server: FakeServer;
  let stream: Stream;
  let doubt: Promise<boolean> | undefined;
  let heard: (string | undefined)[];
  let arrived: (string | undefined)[];

  beforeEach(async () => {
    [heard, arrived, doubt] = [[], [], undefined];
    server = await startFakeServer();
    server.onStanza(({ attrs }) => arrived.push(attrs.id));
    stream = createStream({ ...OPTIONS, service: server.service, stillActive: () => doubt }, pino({ level: 'silent' }));
    stream.onStanza(({ name, attrs }) => name === 'message' && attrs.id && heard.push(attrs.id));
    stream.start();
    await eventually(() => expect(server.streams()).to.equal(1));
    await tell('before');
  });

  afterEach(async () => {
    await stream.stop();
    await server.stop();
  });

  const send = (id: string) => server.send(`<message from='op.example' to='tune.op.example' id='${id}'/>`);
  const say = (id: string) => stream.send(xml('message', { from: 'tune.op.example', to: 'op.example', id }));

  async function tell(id: string): Promise<void> {
    send(id);
    await eventually(() => expect(heard).to.include(id));
  }

  it('heeds what has come, and sends, in order, once it is sure to be the active one still', async () => {
    let settle = (_: boolean) => {};
    doubt = new Promise((resolve) => {
      settle = resolve;
    });
    const said = [say('one'), say('two')];
    await Promise.all(['1', '2'].map(send));
    expect([heard, arrived]).to.deep.equal([['before'], []]);
    settle(true);
    doubt = undefined;
    await Promise.all(said);
    await tell('after');
    await eventually(() => expect(arrived).to.deep.equal(['one', 'two']));
    expect(heard).to.deep.equal(['before', '1', '2', 'after']);
  });

  it('passes over what has come, and sends nothing, when another is the active one by now', async () => {
    doubt = Promise.resolve(false);
    const refused = await say('one').catch((err: { code: string }) => err.code);
    expect(refused).to.equal('UNAVAILABLE');
    expect(await stream.certain().catch((err: { code: string }) => err.code)).to.equal('UNAVAILABLE');
    // The fake server sends both in one packet, and so before the doubt is over.
    send('1');
    await stream.drop();
    expect([heard, arrived]).to.deep.equal([['before'], []]);
  });
});
