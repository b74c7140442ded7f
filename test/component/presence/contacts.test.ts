import { expect } from 'chai';
import type { Context } from '../../../component/context.ts';
import { createContacts } from '../../../component/presence/contacts.ts';
import { xml } from '../../../component/stream/xml.ts';
import { heapHeld } from '../../support/garbage.ts';

const DOMAINS = { domain: 'tune.op.example', homeHost: 'op.example' };

describe('component/presence/contacts', () => {
  it('wait for no answer of who was greeted and is no subscriber any more', async () => {
    const stream = { send: async () => {}, request: async () => xml('iq') };
    const contacts = createContacts({} as Context, DOMAINS, stream, () => xml('query'));
    const before = heapHeld();
    for (let i = 0; i < 20_000; i += 1) {
      const jid = `${`${i}`.padEnd(200, 'x')}@op.example`;
      await contacts.greet(jid);
      contacts.leave(jid);
    }
    expect((heapHeld() - before) / 1_000, 'kB').to.be.below(2_000);
    contacts.forget();
  });

  it('know for five seconds to whom the component has appeared, and nobody for longer', async () => {
    let time = 0;
    let sent = 0;
    const stream = {
      send: async () => {
        sent += 1;
      },
      request: async () => xml('iq'),
    };
    const name = (i: number) => `${`${i}`.padEnd(200, 'x')}@op.example`;
    const contacts = createContacts(
      {} as Context,
      DOMAINS,
      stream,
      () => xml('query'),
      () => time,
    );
    const before = heapHeld();
    for (let i = 0; i < 20_000; i += 1) {
      time += 10;
      contacts.receive(xml('presence', { from: name(i), type: 'probe' }));
    }
    await new Promise(setImmediate);
    expect(sent).to.equal(20_000);
    expect([0, 19_000, 19_999].map((i) => contacts.mayRepeat(name(i)))).to.deep.equal([false, false, true]);
    expect((heapHeld() - before) / 1_000, 'kB').to.be.below(2_000);
    contacts.forget();
  });
});
