import type { IqContext, IqHandler } from '@xmpp/component';
import { expect } from 'chai';
import { pino } from 'pino';
import { answerQuicksy } from '../../../component/lookup/quicksy.ts';
import type { Stream } from '../../../component/stream/stream.ts';
import { type Element, xml } from '../../../component/stream/xml.ts';
import type { ServiceContext } from '../../../service/context.ts';
import { turnsDuring } from '../../support/measure/turns-during.ts';

const OWNER = { id: 'alice', jid: 'alice@op.example', phoneNumber: '+8613800138000' };

describe('component/lookup/quicksy', () => {
  it('reads a phone-book of nine thousand numbers in turns', async () => {
    let handle: IqHandler | undefined;
    const stream = {
      answerGet: (_xmlns: string, _name: string, handler: IqHandler) => {
        handle = handler;
      },
    } as Pick<Stream, 'answerGet'> as Stream;
    // No room for one more book: all that is done before that is reading.
    const service = {
      now: Date.now,
      keyedHash: () => '',
      stores: {
        subscribers: { idOfJid: async () => OWNER.id, get: async () => OWNER },
        limits: { take: async () => ({ taken: [] }) },
        sources: { receive: async () => 'full' },
      },
    } as unknown as ServiceContext;
    answerQuicksy(stream, service, pino({ level: 'silent' }));
    const numbers = Array.from({ length: 9_000 }, (_, i) => `+9990${1_000_000 + i}`);
    const stanza = xml('iq', { from: `${OWNER.jid}/phone` });
    const element = xml(
      'phone-book',
      {},
      numbers.map((number) => xml('entry', { number })),
    );
    let answer: Element | true | undefined;
    const turns = await turnsDuring(async () => {
      answer = (await handle?.({ stanza, element } as IqContext)) as Element;
    });
    expect(`${answer}`).to.contain('resource-constraint');
    expect(turns).to.be.above(2);
  });
});
