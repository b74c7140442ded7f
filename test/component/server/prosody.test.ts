import { expect } from 'chai';
import { createPrivilegedRosters } from '../../../component/server/privileged-rosters.ts';
import type { Element } from '../../../component/stream/xml.ts';
import { ALL_PRIVILEGES } from '../../../local/prosody/prosody-config.ts';
import { serverContract } from './contract.ts';
import { startUnderTest, type UnderTest } from './under-test.ts';

describe('Prosody that grants every right', () => {
  serverContract(['rosters', 'presences', 'nodes', 'vcards', 'accounts', 'meetings'], () =>
    startUnderTest('prosody', { prosody: { privileges: ALL_PRIVILEGES } }),
  );
});

describe('Prosody that grants what it cannot do', () => {
  it('is found out before a user needs it: rights to nodes, and no mod_pep', async () => {
    const world = await startUnderTest('prosody', { prosody: { withoutModules: ['pep', 'vcard4', 'vcard_legacy'] } });
    try {
      const { lacks, mode } = world.server;
      expect(mode).to.equal('unprivileged');
      expect(lacks.map(({ ability }) => ability)).to.deep.equal(['nodes']);
      expect(lacks[0]?.what).to.match(/^nodes that op\.example keeps as told \(/);
    } finally {
      await world.stop();
    }
  });
});

describe('Prosody that is asked for many rosters at once', () => {
  let world: UnderTest;

  before(async () => {
    world = await startUnderTest('prosody', { prosody: { privileges: ALL_PRIVILEGES } });
  });

  after(async () => world?.stop());

  it('has sixteen questions before it at most, so that nobody else waits behind all of them', async () => {
    const { stream } = world;
    const [{ jid }, friend] = [await world.account('asked'), await world.account('friend')];
    let [open, most] = [0, 0];
    async function request(iq: Element, patience?: number): Promise<Element> {
      open += 1;
      most = Math.max(most, open);
      return stream.request(iq, patience).finally(() => {
        open -= 1;
      });
    }
    const exists = () => expect.fail('its roster is not empty');
    const rosters = createPrivilegedRosters({ ...stream, request }, exists, () => expect.fail('it does as it is told'));
    await rosters.set(jid, { jid: friend.jid, subscription: 'both', name: 'Friend', groups: [] }, undefined);
    const read = await Promise.all(Array.from({ length: 50 }, () => rosters.read(jid)));
    expect(read.map((roster) => roster?.get(friend.jid)?.subscription)).to.deep.equal(Array(50).fill('both'));
    expect(most).to.equal(16);
  });
});
