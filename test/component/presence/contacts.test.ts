import { expect } from 'chai';
import type { Context } from '../../../component/context.ts';
import { createContacts } from '../../../component/presence/contacts.ts';
import { xml } from '../../../component/stream/xml.ts';
import { heapHeld } from '../../support/garbage.ts';

describe('component/presence/contacts', () => {
  it('know for five seconds to whom the component has appeared, and nobody for longer', async () => {
    let time = 0;
    let sent = 0;
    const stream = {
      send: async () => {
        sent += 1;
      },
      request: async () => xml('iq'),
    };
    const domains = { domain: 'tune.op.example', homeHost: 'op.example' };
    const name = (i: number) => `${`${i}`.padEnd(200, 'x')}@op.example`;
    const contacts = createContacts(
      {} as Context,
      domains,
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
