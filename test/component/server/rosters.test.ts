import { expect } from 'chai';
import { createRosters } from '../../../component/server/rosters.ts';
import type { Stream } from '../../../component/stream/stream.ts';
import { type Element, xml } from '../../../component/stream/xml.ts';

const JID = 'alice@op.example';
const BOB = xml('item', { jid: 'bob@op.example', subscription: 'both' });

/** No real server has its database fail one question when a test wants it to. */
describe('a roster that comes empty', () => {
  let answers: Element[][];

  const create = (failsEmpty: boolean) =>
    createRosters(
      {
        onOffline: () => {},
        request: async () => xml('iq', {}, xml('query', { xmlns: 'jabber:iq:roster' }, answers.shift())),
      } as unknown as Stream,
      { set: async () => {}, remove: async () => {} },
      async () => true,
      () => {},
      { failsEmpty },
    );

  it('is read once more where the server gives an empty one for a question that its database failed', async () => {
    answers = [[], [BOB]];
    expect([...((await create(true).read(JID))?.keys() ?? [])]).to.deep.equal(['bob@op.example']);
  });

  it('is believed where it comes empty twice', async () => {
    answers = [[], [], [BOB]];
    expect((await create(true).read(JID))?.size).to.equal(0);
  });

  it('is believed where a server that failed would give the same again', async () => {
    answers = [[], [BOB]];
    expect((await create(false).read(JID))?.size).to.equal(0);
  });
});
