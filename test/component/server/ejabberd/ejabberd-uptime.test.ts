import { expect } from 'chai';
import { ApiRefusal } from '../../../../component/server/ejabberd/api.ts';
import { createLapses } from '../../../../component/server/ejabberd/uptime.ts';

const NOW = 1_800_000_000_000;

describe('component/server/ejabberd: since when ejabberd has been running', () => {
  const startedAt = (reply: unknown) =>
    createLapses(
      async () => reply,
      () => NOW,
    ).startedAt();

  it('is read from what 24.12 answers, and 23.01', async () => {
    expect(await startedAt(12)).to.equal(NOW - 12_000);
    expect(await startedAt({ stat: 12 })).to.equal(NOW - 12_000);
  });

  it('is taken for just now where the API says nothing of it: then all is told again', async () => {
    const refuse = async () => {
      throw new ApiRefusal('stats', 403);
    };
    expect(await createLapses(refuse, () => NOW).startedAt()).to.equal(NOW);
    expect(await startedAt('soon')).to.equal(NOW);
    expect(await startedAt(null)).to.equal(NOW);
  });
});
