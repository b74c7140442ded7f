import { expect } from 'chai';
import { ALL_PRIVILEGES } from '../../../local/prosody/prosody-config.ts';
import { serverContract } from './contract.ts';
import { startUnderTest } from './under-test.ts';

describe('Prosody that grants no rights', () => {
  serverContract(['accounts'], () => startUnderTest('prosody', { prosody: { privileges: {} } }));
});

describe('Prosody that grants half of the rights', () => {
  it('is worked with as if it granted none, and only what lacks is named', async () => {
    const { presence: _, ...privileges } = ALL_PRIVILEGES;
    const world = await startUnderTest('prosody', { prosody: { privileges } });
    try {
      const { server } = world;
      expect(server.mode).to.equal('unprivileged');
      expect(server).to.not.have.any.keys('rosters', 'nodes', 'vcards', 'presences', 'meetings');
      expect(server.lacks).to.deep.equal([
        { ability: 'presences', what: 'the right presence (roster) on op.example (XEP-0356)' },
      ]);
      expect(server.advice(['rosters']))
        .to.contain('roster = "both";')
        .and.not.contain('presence');
    } finally {
      await world.stop();
    }
  });
});
