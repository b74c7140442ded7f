import { expect } from 'chai';
import { type ComponentWorld, openComponentWorld } from '../../fuzz/component-world.ts';
import { eventually } from '../../support/eventually.ts';

const PING = "<ping xmlns='urn:xmpp:ping'/>";

describe('the component, on a server that sends what it should not', () => {
  let world: ComponentWorld;
  const answers: { id: string; type: string; text: string }[] = [];

  before(async () => {
    world = await openComponentWorld();
    world.server.onStanza((stanza) =>
      answers.push({ id: stanza.attrs.id, type: stanza.attrs.type, text: stanza.toString() }),
    );
  });

  after(async () => world?.stop());

  const request = (id: string, child = PING) =>
    `<iq type='get' id='${id}' from='alice@op.example' to='tune.op.example'>${child}</iq>`;

  function ask(id: string, child?: string): void {
    world.server.send(request(id, child));
  }

  function answered(id: string): { type: string; text: string } {
    const answer = answers.find((one) => one.id === id);
    if (!answer) throw new Error(`no answer to ${id}`);
    return answer;
  }

  async function answerTo(id: string, child?: string): Promise<{ type: string; text: string }> {
    ask(id, child);
    return eventually(() => answered(id));
  }

  it('passes over a stanza from or to what is no address, on the same stream', async () => {
    const streams = world.server.streams();
    world.server.send(`<iq type='get' id='none' to='tune.op.example'>${PING}</iq>`);
    world.server.send(`<message from='/x'/><presence from='alice@op.example' to='@'/><unknown from='a@'/>`);
    expect((await answerTo('after')).type).to.equal('result');
    expect(answers.map(({ id }) => id)).to.not.include('none');
    expect(world.server.streams()).to.equal(streams);
  });

  it('answers a request that comes in the packet that ends the handshake', async () => {
    world.server.greet(request('with the handshake'));
    world.server.drop();
    expect((await eventually(() => answered('with the handshake'))).type).to.equal('result');
    world.server.greet('');
  });

  it('answers a request that is nested deeper than it could write, with an error', async () => {
    const deep = `<query xmlns='x'>${'<a>'.repeat(30_000)}${'</a>'.repeat(30_000)}</query>`;
    const answer = await answerTo('deep', deep);
    expect(answer.type).to.equal('error');
    expect(answer.text).to.contain('service-unavailable');
  });

  for (const [what, text] of [
    ['a character that there is not', '<message>&#1;</message>'],
    ['an entity that there is not', "<message from='&lol;'/>"],
    ['more after tags that do not match', '<a></b></c></d>'],
    ['more after the end of the stream', '</stream:stream><message/>'],
  ] as const)
    it(`comes back after ${what}`, async () => {
      world.server.send(text);
      // What is sent while the stream is down is lost.
      await eventually(() => {
        ask(`after ${what}`);
        answered(`after ${what}`);
      });
    });

  it('has logged nothing alarming, and never ended', async () => {
    expect(await world.watch.findings()).to.deep.equal([]);
  });
});
