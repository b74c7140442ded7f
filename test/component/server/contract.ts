import { expect } from 'chai';
import type { Ability } from '../../../component/server/server.ts';
import { trialAccount } from '../../../component/server/trial.ts';
import { accountContract } from './account-contract.ts';
import { keepContract } from './keep-contract.ts';
import { meetingContract, presenceContract } from './meeting-contract.ts';
import { nodeContract } from './node-contract.ts';
import { rosterContract } from './roster-contract.ts';
import { SECRET, type UnderTest } from './under-test.ts';
import { vcardContract } from './vcard-contract.ts';

const CONTRACTS: Record<Ability, (world: () => UnderTest) => void> = {
  accounts: accountContract,
  rosters: rosterContract,
  presences: presenceContract,
  nodes: nodeContract,
  vcards: vcardContract,
  meetings: meetingContract,
};
const ABILITIES = Object.keys(CONTRACTS) as Ability[];

/**
 * What every adapter must do on a real server, for the abilities that it `has`; the others it must not have, and must say how they are granted.
 * Every write is read back: by the ability where it reads, and by a client of the user's own or of a friend.
 */
export function serverContract(has: readonly Ability[], start: () => Promise<UnderTest>): void {
  let world: UnderTest;

  before(async () => {
    world = await start();
  });

  after(async () => world?.stop());

  it('has its abilities and no other, and says what grants each that it has not', () => {
    const { server } = world;
    expect(ABILITIES.filter((ability) => server[ability] !== undefined)).to.have.members([...has]);
    for (const { ability, what } of server.lacks) {
      expect(has).to.not.include(ability);
      expect(what).to.not.equal('');
    }
    const advice = ABILITIES.filter((ability) => !has.includes(ability)).map((ability) => server.advice([ability]));
    expect(advice).to.not.include('');
    expect(new Set(advice).size, 'each in words of its own').to.equal(advice.length);
    expect(server.keeps !== undefined, 'private nodes').to.equal(has.includes('nodes'));
    expect(server.mode).to.equal(has.includes('rosters') ? 'privileged' : 'unprivileged');
  });

  it('keeps nothing of what it was tried with', async () => {
    const { accounts } = world.server;
    if (!has.includes('rosters')) return;
    for (const of of ['account', 'nobody'] as const) {
      const jid = trialAccount({ secret: SECRET, homeHost: world.xmpp.domain }, of);
      expect(await accounts.exists(jid)).to.equal(false);
    }
  });

  for (const ability of has) describe(ability, () => CONTRACTS[ability](() => world));

  if (has.includes('nodes')) describe('private nodes', () => keepContract(() => world));
}
