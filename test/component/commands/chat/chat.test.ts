import { expect } from 'chai';
import { pino } from 'pino';
import { createChat } from '../../../../component/commands/chat/chat.ts';
import type { CommandContext } from '../../../../component/commands/command.ts';
import type { Stream } from '../../../../component/stream/stream.ts';
import { type Element, xml } from '../../../../component/stream/xml.ts';

describe('component/commands/chat/chat', () => {
  it('keeps so many messages of one account waiting, however many come at once, and those of others beside them', async () => {
    const answered: string[] = [];
    const stream = {
      send: async ({ attrs: { to = '' } }: Element) => void answered.push(to),
    } as Pick<Stream, 'send'> as Stream;
    // Nobody is answered until the store says who asks.
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const context = {
      log: pino({ level: 'silent' }),
      domain: 'tune.op.example',
      config: { homeHost: 'op.example', players: 'on' },
      keyedHash: () => '',
      now: Date.now,
      stores: {
        subscribers: { idOfJid: () => opened },
        limits: { take: async () => ({ taken: [] }) },
      },
    } as unknown as CommandContext;
    const chat = createChat(stream, context);
    const say = (from: string) =>
      chat.receive(xml('message', { type: 'chat', from, to: 'tune.op.example' }, xml('body', {}, 'help')));

    for (let n = 0; n < 500; n += 1) say('flood@op.example/x');
    say('alice@op.example/x');
    open();
    await chat.stop();

    const answersTo = (jid: string) => answered.filter((to) => to === jid).length;
    expect(answersTo('flood@op.example/x'), 'one and those that wait').to.equal(21);
    expect(answersTo('alice@op.example/x')).to.equal(1);
    say('flood@op.example/x');
    await chat.stop();
    expect(answersTo('flood@op.example/x'), 'who has been answered is heard again').to.equal(22);
  });
});
