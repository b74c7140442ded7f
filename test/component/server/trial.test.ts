import { expect } from 'chai';
import type { XmppServer } from '../../../component/server/server.ts';
import { type TrialPlace, trialAccount, tryAbilities } from '../../../component/server/trial.ts';
import { Denied } from '../../../component/stream/denied.ts';
import { ALL_PRIVILEGES } from '../../../local/prosody/prosody-config.ts';
import { SECRET, startUnderTest, type UnderTest } from './under-test.ts';

/** What a server says that answers `result` and does nothing. */
async function nothing(): Promise<void> {}
const LIES = { put: nothing, drop: async () => true };

describe('a server that says that it has done what it has not', () => {
  let world: UnderTest;
  let warned: string[] = [];

  beforeEach(() => {
    warned = [];
  });

  before(async () => {
    world = await startUnderTest('prosody', { prosody: { privileges: ALL_PRIVILEGES } });
  });

  after(async () => world?.stop());

  /** A real one, but for what it does not do. */
  function tried(untrue: (server: XmppServer) => Partial<XmppServer>) {
    const { server, stream, domain, xmpp } = world;
    const log = { warn: (text: string) => void warned.push(text) } as TrialPlace['log'];
    const place = { stream, domain, secret: SECRET, homeHost: xmpp.domain, log };
    return tryAbilities({ ...server, ...untrue(server) }, place);
  }

  const trial = () => trialAccount({ secret: SECRET, homeHost: world.xmpp.domain }, 'account');

  it('is none where it has done everything', async () => {
    expect(await tried(() => ({}))).to.deep.equal([]);
  });

  it('is found out by the account that was made and is not there', async () => {
    expect(await tried(({ accounts }) => ({ accounts: { ...accounts, add: nothing } }))).to.deep.equal([
      { ability: 'accounts', what: 'accounts that op.example keeps as told (an account that was made is not there)' },
    ]);
  });

  for (const untrue of ['put', 'drop'] as const)
    it(`is found out by a private node: ${untrue}`, async () => {
      const lie = ({ keeps }: XmppServer) => ({ ...(keeps && { keeps: { ...keeps, [untrue]: LIES[untrue] } }) });
      expect(await tried(lie)).to.deep.equal([
        {
          ability: 'nodes',
          what: 'nodes that op.example keeps as told (a private node does not hold what it is told to)',
        },
      ]);
    });

  it('is none that says that it deletes no private node: that is said, and done without', async () => {
    const refuses = async () => false;
    const lacks = await tried(({ keeps }) => ({ ...(keeps && { keeps: { ...keeps, drop: refuses } }) }));
    expect(lacks).to.deep.equal([]);
    expect(warned).to.have.length(1);
    expect(warned[0]).to.contain('refuses to delete a private node');
  });

  it('is none that logs nobody out: that is said, and done without', async () => {
    const logOut = () => Promise.reject(new Denied('kick_user is not allowed'));
    expect(await tried(({ accounts }) => ({ accounts: { ...accounts, logOut } }))).to.deep.equal([]);
    expect(warned).to.have.length(1);
    expect(warned[0]).to.contain('logs nobody out');
  });

  it('leaves the account of the trial nowhere', async () => {
    expect(await world.server.accounts.exists(trial())).to.equal(false);
  });

  it('is believed once more where another component has tried the same account meanwhile', async () => {
    let times = 0;
    const lacks = await tried(({ accounts }) => ({
      accounts: {
        ...accounts,
        async add(jid, password) {
          await accounts.add(jid, password);
          times += 1;
          if (times === 1) await accounts.remove(jid);
        },
      },
    }));
    expect({ lacks, times }).to.deep.equal({ lacks: [], times: 2 });
  });
});
