import { expect } from 'chai';
import { API_COMMANDS } from '../../../local/ejabberd/ejabberd-config.ts';
import { findEjabberd } from '../../../local/ejabberd/ejabberd-program.ts';
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

const ABILITIES = ['rosters', 'presences', 'nodes', 'accounts', 'meetings'] as const;
/** 23 cannot grant them (decision 183). */
const hasVcards = Number.parseInt(version() ?? '', 10) >= 24;

describe(`ejabberd ${version()} that grants every right, with its HTTP API`, () => {
  if (version() === undefined) return void it('is not installed here');

  serverContract([...ABILITIES, ...(hasVcards ? (['vcards'] as const) : [])], () => startUnderTest('ejabberd', {}));
  if (!hasVcards) it.skip('vcards are read: not here, as ejabberd 23 lets the component ask nothing in users’ names');

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
