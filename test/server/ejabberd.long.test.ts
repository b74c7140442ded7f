import { expect } from 'chai';
import { API_COMMANDS } from '../../local/ejabberd/ejabberd-config.ts';
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
  if (Number.parseInt(version() ?? '', 10) < 24)
    return void it('is not the one that is installed here: 24 or later is needed');

  serverContract(['rosters', 'presences', 'nodes', 'vcards', 'accounts', 'meetings'], () =>
    startUnderTest('ejabberd', {}),
  );

  for (const [command, ability] of [
    ['add_rosteritem', 'rosters'],
    ['connected_users_vhost', 'presences'],
  ] as const)
    it(`is found out before a user needs it, where its API does not take ${command}`, async () => {
      const apiCommands = API_COMMANDS.filter((one) => one !== command);
      const world = await startUnderTest('ejabberd', { ejabberd: { apiCommands } });
      try {
        const { lacks, mode, advice } = world.server;
        expect(mode).to.equal('unprivileged');
        expect(lacks.map((lack) => lack.ability)).to.deep.equal([ability]);
        expect(advice([ability])).to.contain(command);
      } finally {
        await world.stop();
      }
    });
});
