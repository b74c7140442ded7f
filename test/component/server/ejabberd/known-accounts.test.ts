import { expect } from 'chai';
import { createKnownAccounts } from '../../../../component/server/ejabberd/known-accounts.ts';

const JID = 'alice@op.example';

describe('accounts of ejabberd that are known to be there', () => {
  let asked: number;
  let there: boolean;
  let now: number;

  beforeEach(() => {
    [asked, there, now] = [0, true, 0];
  });

  const create = () =>
    createKnownAccounts(
      async () => {
        asked += 1;
        return there;
      },
      () => now,
    );

  it('are asked after once in ten minutes, and those that are not there each time', async () => {
    const known = create();
    for (const at of [0, 599_999, 600_000]) {
      now = at;
      expect(await known.exist(JID)).to.equal(true);
    }
    expect(asked).to.equal(2);
    there = false;
    now = 1_200_000;
    for (let n = 0; n < 2; n += 1) expect(await known.exist(JID)).to.equal(false);
    expect(asked).to.equal(4);
  });

  it('are asked after each time while they are deleted, and are gone afterwards, though somebody asked in between', async () => {
    const known = create();
    await known.exist(JID);
    await known.without(JID, async () => {
      for (let n = 0; n < 2; n += 1) expect(await known.exist(JID), 'not deleted yet').to.equal(true);
      there = false;
    });
    expect(asked).to.equal(3);
    expect(await known.exist(JID)).to.equal(false);
  });

  it('are no longer taken for known where they could not be deleted', async () => {
    const known = create();
    await known.exist(JID);
    const failed = await known.without(JID, () => Promise.reject(new Error('no'))).catch((err: Error) => err.message);
    expect(failed).to.equal('no');
    await known.exist(JID);
    await known.exist(JID);
    expect(asked).to.equal(2);
  });
});
