import { expect } from 'chai';
import type { Context } from '../../../component/context.ts';
import { createRestore, type Restore } from '../../../component/restore/restoring.ts';
import { madeNode } from '../../../component/roster/made-items.ts';
import { ownAccount } from '../../../component/server/own-account.ts';
import { NoAccount, type XmppServer } from '../../../component/server/server.ts';
import { Unanswered } from '../../../component/stream/requests.ts';
import type { Element } from '../../../component/stream/xml.ts';
import { MODEL } from '../../../domain/friendship/node-access.ts';
import type { LedgerEntry } from '../../../domain/friendship/roster.ts';
import type { Stores } from '../../../store/stores.ts';
import { jobContext } from '../../support/context.ts';
import { eventually } from '../../support/eventually.ts';
import { useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const CONFIG = { homeHost: 'op.example', domain: 'tune.op.example', secret: 'a secret' };
const ENTRY: LedgerEntry = { kind: 'made', name: '', groups: [] };
const jidOf = (id: string) => `${id}@op.example`;
const noTune = async () => undefined;

describe('a server on which Earshot has worked before it kept anything there', () => {
  const redis = useRedis();
  let stores: Stores;
  let nodes: Map<string, Element[]>;
  let refuses: boolean;
  let silent: string | undefined;
  let restore: Restore;
  let drops: number;

  beforeEach(async () => {
    stores = redis.freshStores();
    [nodes, refuses, silent, drops] = [new Map(), false, undefined, 0];
    for (const [i, id] of ['alice', 'bob', 'gone'].entries()) {
      const subscriber = { id, phoneNumber: `+${i}`, numberKey: `${i}`.repeat(12), jid: jidOf(id), displayName: id };
      await addSubscriber(stores, subscriber, 0);
      await stores.ledger.replace(id, jidOf(id), new Map([['friend@op.example', ENTRY]]));
    }
    restore = restoreWith(stores);
  });

  const restoreWith = (known: Stores) =>
    createRestore(jobContext('component', known, Date.now) as unknown as Context, CONFIG, async () => {
      drops += 1;
    });

  afterEach(() => restore.stop());

  const server = {
    ...{ nodes: { affiliations: async () => new Map() }, rosters: {}, advice: () => '' },
    accounts: {
      exists: async () => true,
      hadOwn() {},
      add: async () => {},
    },
    keeps: {
      async put(jid: string, node: string, _id: string, payload: Element) {
        if (jid === silent) throw new Unanswered('UNAVAILABLE', 'no answer');
        if (refuses || jid === jidOf('gone')) throw new NoAccount();
        nodes.set(`${jid} ${node}`, [payload]);
      },
      all: async (jid: string, node: string) => nodes.get(`${jid} ${node}`) ?? [],
      async drop(jid: string, node: string) {
        nodes.delete(`${jid} ${node}`);
        return true;
      },
    },
  } as unknown as XmppServer;
  const stamp = () => nodes.get(`${ownAccount(CONFIG)} urn:earshot:stamp:1`);

  /** A connection on which the server is known to have its stamp from the beginning. */
  async function beginStamped(): Promise<void> {
    await restore.begin(server, noTune);
    restore.workWith(server);
    await eventually(() => expect(stamp()).to.not.equal(undefined));
    restore.forget();
    await restore.begin(server, noTune);
  }

  it('has a new stamp before roster items are written, where the one that it has is older than five seconds: a copy of any age may have that', async () => {
    await restore.stop();
    let now = 0;
    restore = createRestore(jobContext('component', stores, Date.now) as unknown as Context, CONFIG, noTune, () => now);
    await beginStamped();
    const stampedAfter = async (lasts: boolean) => {
      const before = `${stamp()}`;
      await restore.works(lasts);
      return `${stamp()}` !== before;
    };
    expect(await stampedAfter(false), 'a tune waits for nothing').to.equal(false);
    expect(await stampedAfter(true), 'nobody knows how old the stamp of an earlier connection is').to.equal(true);
    expect(await stampedAfter(true)).to.equal(false);
    now += 5_000;
    expect(await stampedAfter(true)).to.equal(true);
    now += 5_000;
    refuses = true;
    expect(await stampedAfter(true), 'a server that takes none holds up no job').to.equal(false);
  });

  it('is told of every ledger, and only then there is a stamp', async () => {
    await restore.begin(server, noTune);
    expect(stamp()).to.equal(undefined);
    restore.workWith(server);
    await eventually(() => expect(stamp()).to.not.equal(undefined));
    for (const id of ['alice', 'bob']) {
      const node = `${jidOf(id)} ${madeNode(CONFIG.secret, jidOf(id))}`;
      expect(`${nodes.get(node)}`).to.contain('friend@op.example');
    }
  });

  it('is told everything again where it has lost its stamp, by the next component if the first one ends in the middle', async () => {
    const key = stores.keys.serverStamp(CONFIG.homeHost);
    await redis.redis.sAdd(key, '1 a stamp');
    const raised: LedgerEntry = { kind: 'raised', name: 'B', groups: [], before: 'to', since: 's', met: 'm' };
    const own: LedgerEntry = { kind: 'own', name: 'O', groups: [] };
    const bobs = new Map([
      ['raised@op.example', raised],
      ['own@op.example', own],
    ]);
    await stores.ledger.replace('bob', jidOf('bob'), bobs);
    const friend = { id: 'friend', jid: 'friend@op.example', name: '', groups: [] };
    await stores.friends.write('alice', { set: [friend], unset: [], dirty: [], bar: [], unbar: [] }, 0);
    const { replace } = stores.ledger;
    stores.ledger.replace = async () => {
      throw new Error('the component is killed');
    };
    const killed = await restore.begin(server, noTune).catch((err: Error) => err.message);
    expect(killed).to.equal('the component is killed');
    stores.ledger.replace = replace;
    const next = createRestore(jobContext('component', stores, Date.now) as unknown as Context, CONFIG, async () => {});
    const told: string[] = [];
    await next.begin(server, async (id) => void told.push(id));
    expect(told).to.have.members(['alice', 'bob', 'gone']);
    const ledger = async (id: string) => Object.fromEntries(await stores.ledger.whole(id, jidOf(id)));
    expect(await ledger('alice')).to.deep.equal({ 'friend@op.example': { ...ENTRY, pending: true } });
    const { since: _, met: __, ...anew } = raised;
    expect(await ledger('bob')).to.deep.equal({ 'raised@op.example': { ...anew, pending: true } });
    expect((await stores.friends.dirtyItems('alice')).items).to.deep.equal([
      { jid: 'friend@op.example', id: 'friend' },
    ]);
    expect((await stores.admissions.read('alice', 'xmpp')).get(MODEL)).to.equal('unknown');
    next.workWith(server);
    await eventually(() => expect(stamp()).to.not.equal(undefined));
    await next.stop();
    const kept = await stores.serverStamps.has(CONFIG.homeHost, `${stamp()?.[0]?.getText()}`);
    expect(kept, 'the two know each other').to.equal(true);
  });

  it('has a new stamp when the component stops, if it has worked', async () => {
    await restore.begin(server, noTune);
    restore.workWith(server);
    await eventually(() => expect(stamp()).to.not.equal(undefined));
    const first = `${stamp()}`;
    await restore.works(false);
    await restore.stop();
    expect(`${stamp()}`).to.not.equal(first);
  });

  it('is told nothing where it makes no private nodes', async () => {
    refuses = true;
    await restore.begin(server, noTune);
    restore.workWith(server);
    refuses = false;
    await restore.made.note({ id: 'alice', jid: jidOf('alice') }, new Map([['friend@op.example', ENTRY]]));
    expect([...nodes.keys()]).to.deep.equal([]);
  });

  it('is told nothing where it confirms what is written into a private node, and holds nothing', async () => {
    const untrue = { ...server, keeps: { ...server.keeps, put: async () => {} } } as unknown as XmppServer;
    await restore.begin(untrue, noTune);
    restore.workWith(server);
    await restore.made.note({ id: 'alice', jid: jidOf('alice') }, new Map([['friend@op.example', ENTRY]]));
    expect([...nodes.keys()]).to.deep.equal([]);
  });

  it('is told of every ledger again after a connection on which it kept nothing', async () => {
    await restore.begin(server, noTune);
    restore.workWith(server);
    await eventually(() => expect(stamp()).to.not.equal(undefined));
    restore.forget();
    refuses = true;
    await restore.begin(server, noTune);
    const later = new Map([['later@op.example', ENTRY]]);
    await restore.made.note({ id: 'alice', jid: jidOf('alice') }, later);
    await stores.ledger.replace('alice', jidOf('alice'), later);
    restore.forget();
    refuses = false;
    await restore.begin(server, noTune);
    restore.workWith(server);
    const node = `${jidOf('alice')} ${madeNode(CONFIG.secret, jidOf('alice'))}`;
    await eventually(() => expect(`${nodes.get(node)}`).to.contain('later@op.example'));
    const key = stores.keys.serverStamp(CONFIG.homeHost);
    await eventually(async () => expect(await redis.redis.sMembers(key)).to.not.include('unkept'));
  });

  it('is told of the ledger of an account that gave no answer then on the next connection', async () => {
    silent = jidOf('alice');
    await restore.begin(server, noTune);
    restore.workWith(server);
    await eventually(() => expect(stamp(), 'nobody keeps the others waiting').to.not.equal(undefined));
    silent = undefined;
    restore.forget();
    await restore.begin(server, noTune);
    restore.workWith(server);
    const node = `${jidOf('alice')} ${madeNode(CONFIG.secret, jidOf('alice'))}`;
    await eventually(() => expect(`${nodes.get(node)}`).to.contain('friend@op.example'));
  });

  it('goes on where Redis was away while it got a new stamp, and a job asks before the component knows that it is settled', async () => {
    let asked: boolean | undefined;
    const { settle } = stores.serverStamps;
    const meanwhile = async (...stamped: Parameters<typeof settle>) => {
      const settled = await settle(...stamped);
      restore.missed();
      asked = await restore.works(false).then(
        () => true,
        () => false,
      );
      return settled;
    };
    const watched = { ...stores, serverStamps: { ...stores.serverStamps, settle: meanwhile } };
    restore = restoreWith(watched);
    await restore.begin(server, noTune);
    restore.workWith(server);
    await eventually(() => expect(asked, 'the first stamp').to.equal(true));
    asked = undefined;
    await restore.works(false);
    await restore.stop();
    expect(asked, 'the second').to.equal(true);
    expect(drops).to.equal(0);
  });

  it('lets no job run, and ends the connection, where Redis comes back with older data', async () => {
    await beginStamped();
    const key = stores.keys.serverStamp(CONFIG.homeHost);
    restore.missed();
    await restore.works(false);
    expect(drops, 'where the data are the same').to.equal(0);
    await redis.redis.del(key);
    await redis.redis.sAdd(key, 'an older one');
    restore.missed();
    const refused = () =>
      restore.works(false).then(
        () => false,
        (err: { code: string }) => err.code,
      );
    expect(await Promise.all([refused(), refused()])).to.deep.equal(['UNAVAILABLE', 'UNAVAILABLE']);
    expect(drops).to.equal(1);
  });

  it('goes by what Redis says of this connection, where the answer for the one before comes late', async () => {
    await beginStamped();
    const { has } = stores.serverStamps;
    const answers: ((known: boolean) => void)[] = [];
    stores.serverStamps.has = () => new Promise((resolve) => void answers.push(resolve));
    // The component holds the stamp a moment after the server does; until then nothing is asked.
    const { asked } = await eventually(() => {
      restore.missed();
      const works = restore.works(false).catch((err: { code: string }) => err.code);
      expect(answers).to.not.be.empty;
      return { asked: works };
    });
    restore.forget();
    stores.serverStamps.has = has;
    for (const answer of answers) answer(false);
    expect(await asked).to.equal('UNAVAILABLE');
    expect(drops, 'of a connection that is gone').to.equal(0);
    await restore.begin(server, noTune);
    await restore.works(false);
  });

  it('is compared anew where the stream ends in the middle of it', async () => {
    await restore.begin(server, noTune);
    restore.workWith(server);
    await eventually(() => expect(stamp()).to.not.equal(undefined));
    restore.forget();
    const { has } = stores.serverStamps;
    stores.serverStamps.has = async (...words) => {
      restore.forget();
      return has(...words);
    };
    const begun = restore.begin(server, noTune).catch((err: { code: string }) => err.code);
    expect(await begun).to.equal('UNAVAILABLE');
    let compared = 0;
    stores.serverStamps.has = (...words) => {
      compared += 1;
      return has(...words);
    };
    await restore.begin(server, noTune);
    expect(compared).to.equal(1);
  });
});
