import { expect } from 'chai';
import { compareStamps, renewStamp } from '../../../component/restore/server-stamp.ts';
import { ownAccount } from '../../../component/server/own-account.ts';
import { type AccountAbility, type KeepAbility, type Lapses, NoAccount } from '../../../component/server/server.ts';
import { StanzaError } from '../../../component/stream/stanza-error.ts';
import type { Element } from '../../../component/stream/xml.ts';
import type { Stores } from '../../../store/stores.ts';
import { useRedis } from '../../support/redis.ts';

const PLACE = { homeHost: 'op.example', secret: 'a secret' };

describe('the stamp that Redis and the XMPP server have of each other', () => {
  const redis = useRedis();
  let stores: Stores;
  let nodes: Map<string, Element>;
  let accounts: Set<string>;
  let breaks: boolean;
  let refuses: boolean;
  let now: number;
  let lapses: Lapses | undefined;
  let whilePut: () => Promise<unknown>;
  let hadOwn: boolean;

  beforeEach(() => {
    stores = redis.freshStores();
    [nodes, accounts, breaks, refuses] = [new Map(), new Set(), false, false];
    [now, lapses, whilePut, hadOwn] = [1_000_000, undefined, async () => {}, false];
  });

  const keeps: KeepAbility = {
    async put(jid, node, _id, payload) {
      if (breaks) throw new Error('the stream broke');
      if (!accounts.has(jid)) throw new NoAccount();
      nodes.set(node, payload);
      await whilePut();
    },
    async all(_jid, node) {
      const held = nodes.get(node);
      return held ? [held] : [];
    },
    async drop(_jid, node) {
      nodes.delete(node);
      return true;
    },
  };
  const ability = {
    exists: async (jid: string) => accounts.has(jid),
    hadOwn() {
      hadOwn = true;
    },
    async add(jid: string) {
      if (refuses) throw new StanzaError('forbidden', '');
      accounts.add(jid);
    },
  } as unknown as AccountAbility;
  const compare = async () => (await compareStamps({ stores }, PLACE, { accounts: ability, keeps })).found;
  const renew = (held?: string) =>
    renewStamp({ stores, now: () => now }, PLACE, { keeps, ...(lapses && { lapses }) }, held);
  const key = () => stores.keys.serverStamp(PLACE.homeHost);

  it('is there once it was written, and the same ever after', async () => {
    expect(await compare()).to.equal('first');
    expect([...accounts]).to.deep.equal([ownAccount(PLACE)]);
    for (let n = 0; n < 2; n += 1) {
      await renew();
      expect(await compare()).to.equal('same');
    }
    expect(await redis.redis.sCard(key())).to.equal(1);
    expect([...nodes.keys()], 'of the trial nothing is left').to.have.length(1);
  });

  it('is another one where Redis was put back, or has nothing', async () => {
    await compare();
    await renew();
    const copy = await redis.redis.sMembers(key());
    await renew();
    await redis.redis.del(key());
    expect(await compare()).to.equal('apart');
    await redis.redis.sAdd(key(), copy);
    expect(await compare()).to.equal('apart');
    await renew();
    expect(await compare()).to.equal('same');
  });

  it('is lost where Redis knows of one and the server has none, and never was where roster jobs have only worked without', async () => {
    await stores.serverStamps.noteUnkept(PLACE.homeHost);
    expect(await compare()).to.equal('first');
    breaks = true;
    await renew().catch(() => {});
    breaks = false;
    expect(await compare(), 'the first one never came to the server').to.equal('lost');
    await renew();
    nodes.clear();
    accounts.clear();
    expect(await compare()).to.equal('lost');
    await renew();
    expect(await compare()).to.equal('same');
  });

  it('is the same where the server was given one and its answer was never seen, or never got it', async () => {
    await compare();
    await renew();
    breaks = true;
    for (let n = 0; n < 2; n += 1) await renew().catch(() => {});
    breaks = false;
    expect(await compare()).to.equal('same');
    const begun = await redis.redis.sMembers(key());
    await renew();
    await redis.redis.sAdd(key(), begun);
    expect(await compare()).to.equal('same');
  });

  it('is not renewed where Redis was put back since the server got its own', async () => {
    await compare();
    const first = await renew();
    const copy = await redis.redis.sMembers(key());
    const second = await renew(first);
    await redis.redis.del(key());
    await redis.redis.sAdd(key(), copy);
    expect(await renew(second)).to.equal(undefined);
    expect(await compare(), 'what the server has is still told from it').to.equal('apart');
  });

  it('is told from the one before where Redis was put back while the server got it', async () => {
    await compare();
    await renew();
    const copy = await redis.redis.sMembers(key());
    whilePut = async () => {
      await redis.redis.del(key());
      await redis.redis.sAdd(key(), copy);
    };
    expect(await renew()).to.equal(undefined);
    expect(await compare()).to.equal('apart');
  });

  it('may be an earlier one where the server forgets what it was told lately, and is no older than that', async () => {
    lapses = { within: 45_000, startedAt: async () => now };
    await compare();
    const given: Element[] = [];
    async function stamp(after: number): Promise<void> {
      now += after;
      await renew();
      given.push(nodes.get('urn:earshot:stamp:1') as Element);
    }
    for (const after of [0, 60_000, 3_600_000, 5_000, 5_000]) await stamp(after);
    const standsFor: string[] = [];
    for (const one of given) {
      nodes.set('urn:earshot:stamp:1', one);
      standsFor.push(await compare());
    }
    // The second was the server's until five seconds ago.
    expect(standsFor).to.deep.equal(['apart', 'same', 'same', 'same', 'same']);
    expect(await redis.redis.sCard(key())).to.equal(4);
    const copy = await redis.redis.sMembers(key());
    await stamp(1_000);
    await redis.redis.del(key());
    await redis.redis.sAdd(key(), copy);
    expect(await compare(), 'a copy that is a second old').to.equal('apart');
  });

  it('says that the server has had the component’s own account, also where it cannot find it now', async () => {
    await stores.serverStamps.noteUnkept(PLACE.homeHost);
    await compare();
    expect(hadOwn).to.equal(false);
    await renew();
    accounts.clear();
    refuses = true;
    expect(await compare()).to.equal('none');
    expect(hadOwn).to.equal(true);
  });

  it('cannot be where the component may make no account', async () => {
    refuses = true;
    expect(await compare()).to.equal('none');
  });

  it('cannot be where the server says that a private node holds what it does not hold', async () => {
    for (const untrue of ['put', 'drop'] as const) {
      const silent = { ...keeps, [untrue]: async () => true };
      const compared = await compareStamps({ stores }, PLACE, { accounts: ability, keeps: silent });
      expect(compared.found, untrue).to.equal('untrue');
    }
    expect(await compare(), 'and can be once it does as it says').to.equal('first');
  });

  it('can be where the server says that it deletes no private node', async () => {
    const refusing = { ...keeps, drop: async () => false };
    expect((await compareStamps({ stores }, PLACE, { accounts: ability, keeps: refusing })).found).to.equal('first');
  });
});
