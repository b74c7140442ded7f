import { ALL_PRIVILEGES } from '../../local/prosody/prosody-config.ts';
import { serverContract } from './contract.ts';
import { startUnderTest } from './under-test.ts';

describe('Prosody that grants every right', () => {
  serverContract(['rosters', 'presences', 'nodes', 'vcards', 'accounts', 'meetings'], () =>
    startUnderTest('prosody', { prosody: { privileges: ALL_PRIVILEGES } }),
  );
});
