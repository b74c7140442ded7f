import { expect } from 'chai';
import { ALL_PRIVILEGES } from '../../../local/prosody/prosody-config.ts';
import { serverContract } from './contract.ts';
import { startUnderTest } from './under-test.ts';

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
