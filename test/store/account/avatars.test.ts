import { expect } from 'chai';
import { useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const NOW = 1_700_000_000_000;
const JID = 'alice@op.example';
const TURN = { at: NOW, paid: NOW + 60_000 };
const [FIRST, SECOND] = ['1'.repeat(40), '2'.repeat(40)];
const picture = (hash: string) => ({ hash, image: `data:image/png;base64,${hash}` });

describe('store/account/avatars', () => {
  const server = useRedis();

  async function join() {
    const stores = server.freshStores();
    const numbers = { phoneNumber: '+8613800138000', numberKey: 'AAAAAAAAAAAA' };
    const alice = { id: 'alice', ...numbers, jid: JID, displayName: '', state: 'pending' as const };
    await addSubscriber(stores, alice, NOW);
    const { avatars, due } = stores;
    return {
      avatars,
      isDue: () => due.isMarked('avatar', 'alice'),
      ask: (hint: string | undefined, jid = JID) => avatars.ask('alice', jid, hint, NOW),
      shown: async (jid = JID) => (await avatars.shown('alice', jid))?.image,
      leave: () => stores.subscribers.leave('alice', NOW),
    };
  }

  it('asks for a look once for an account, and then when another avatar is announced', async () => {
    const { avatars, ask, isDue, shown } = await join();
    expect(await ask(undefined)).to.equal(true);
    expect(await ask(undefined), 'the same account').to.equal(false);
    expect(await avatars.settle('alice', JID, await avatars.known('alice'), picture(FIRST), TURN)).to.equal(true);
    expect(await isDue()).to.equal(false);
    expect(await shown()).to.equal(picture(FIRST).image);
    expect(await ask(FIRST), 'what is kept').to.equal(false);
    expect(await ask(SECOND)).to.equal(true);
    expect(await ask(SECOND), 'already asked for').to.equal(false);
    expect(await isDue()).to.equal(true);
  });

  it('looks again when another one was announced during the look', async () => {
    const { avatars, ask, isDue } = await join();
    await ask(FIRST);
    const seen = await avatars.known('alice');
    await ask(SECOND);
    await avatars.settle('alice', JID, seen, picture(FIRST), TURN);
    expect(await isDue()).to.equal(true);
  });

  it('tells whether friends see another picture', async () => {
    const { avatars, ask, shown } = await join();
    await ask(FIRST);
    const settle = async (found: Parameters<typeof avatars.settle>[3]) =>
      avatars.settle('alice', JID, await avatars.known('alice'), found, TURN);
    expect(await settle(undefined), 'none, as before').to.equal(false);
    expect(await settle(picture(FIRST))).to.equal(true);
    expect(await settle('same')).to.equal(false);
    expect(await shown()).to.equal(picture(FIRST).image);
    expect(await settle(undefined)).to.equal(true);
    expect(await shown()).to.equal(undefined);
  });

  it('keeps nothing of another account, nor of who has left', async () => {
    const { avatars, ask, shown, leave } = await join();
    await ask(FIRST);
    const seen = await avatars.known('alice');
    await avatars.settle('alice', JID, seen, picture(FIRST), TURN);
    expect(await ask(SECOND, 'other@op.example')).to.equal(false);
    expect(await shown('other@op.example')).to.equal(undefined);
    expect(await avatars.settle('alice', 'other@op.example', seen, picture(SECOND), TURN)).to.equal(false);
    expect(await shown()).to.equal(picture(FIRST).image);
    await leave();
    expect(await avatars.settle('alice', JID, seen, undefined, TURN)).to.equal(false);
    expect(await ask(SECOND)).to.equal(false);
  });
});
