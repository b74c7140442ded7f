import { findEjabberd } from '../../local/ejabberd/ejabberd-program.ts';
import { serverContract } from './contract.ts';
import { startUnderTest } from './under-test.ts';

/** Undefined where there is none. */
function version(): string | undefined {
  try {
    return findEjabberd().version;
  } catch {
    return undefined;
  }
}

describe(`ejabberd ${version()} that grants every right, with its HTTP API`, () => {
  // 23 grants no IQs in users' names (docs/operating.md).
  if (Number.parseInt(version() ?? '', 10) < 24) it('is not the one that is installed here: 24 or later is needed');
  else
    serverContract(['rosters', 'presences', 'nodes', 'vcards', 'accounts', 'meetings'], () =>
      startUnderTest('ejabberd', {}),
    );
});
