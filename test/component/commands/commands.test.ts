import { expect } from 'chai';
import { type ComponentWorld, openComponentWorld } from '../../fuzz/component-world.ts';
import { eventually } from '../../support/eventually.ts';

const COMMAND = "<command xmlns='http://jabber.org/protocol/commands' node='earshot#link' action='execute'/>";
const LIST = "<query xmlns='http://jabber.org/protocol/disco#items' node='http://jabber.org/protocol/commands'/>";

describe('commands, for who is no user of the home host', () => {
  let world: ComponentWorld;
  const heard: string[] = [];

  before(async () => {
    world = await openComponentWorld();
    world.server.onStanza((stanza) => heard.push(stanza.toString()));
  });

  after(async () => world?.stop());

  const answerTo = (id: string, text: string) => {
    world.server.send(text);
    return eventually(() => {
      const answer = heard.find((one) => one.includes(`id="${id}"`));
      if (!answer) throw new Error(`no answer to ${id}`);
      return answer;
    });
  };
  const iq = (id: string, type: string, from: string, child: string) =>
    answerTo(id, `<iq type='${type}' id='${id}' from='${from}' to='tune.op.example'>${child}</iq>`);

  it('are forbidden, and not listed', async () => {
    const strangers = [
      'mallory@evil.example/x',
      'op.example@evil.example',
      'evil.example',
      'op.example',
      'op.example/x',
    ];
    for (const [i, from] of strangers.entries()) {
      expect(await iq(`set-${i}`, 'set', from, COMMAND), from).to.contain('<forbidden');
      expect(await iq(`get-${i}`, 'get', from, LIST), from).to.not.contain('<item');
    }
    expect(await iq('own', 'set', 'alice@op.example/x', COMMAND)).to.contain('status="executing"');
    expect(await iq('own-list', 'get', 'alice@op.example/x', LIST)).to.contain('earshot#link');
  });

  it('are forbidden in a chat by an error, which nothing answers', async () => {
    const body = '<body>help</body>';
    const message = (id: string, from: string, type: string) =>
      `<message type='${type}' id='${id}' from='${from}' to='tune.op.example'>${body}</message>`;
    const answer = await answerTo('m-1', message('m-1', 'mallory@evil.example/x', 'chat'));
    expect(answer).to.contain('type="error"').and.contain('<forbidden');
    const before = heard.length;
    world.server.send(message('m-2', 'mallory@evil.example/x', 'error'));
    world.server.send(message('m-3', 'evil.example', 'chat'));
    await iq('after', 'get', 'alice@op.example/x', LIST);
    expect(heard.length).to.equal(before + 1);
  });
});
