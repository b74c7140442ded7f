import { expect } from 'chai';
import { pino } from 'pino';
import { createMadeItems, type Entries, type MadeItem } from '../../../component/roster/made-items.ts';
import { createMadeLately, type MadeLately } from '../../../component/roster/made-lately.ts';
import { type KeepAbility, NoAccount } from '../../../component/server/server.ts';
import { StanzaError } from '../../../component/stream/stanza-error.ts';
import type { Element } from '../../../component/stream/xml.ts';
import { Fault } from '../../../domain/fault.ts';

const OWN = 'stamp@op.example';
const MADE: MadeItem = { kind: 'made' };
const RAISED: MadeItem = { kind: 'raised', before: 'to' };
const jidOf = (id: string) => `${id}@op.example`;
const accountOf = (id: string) => ({ id, jid: jidOf(id) });

describe('what roster jobs note of the items that Earshot makes', () => {
  /** By account: the items of its one node. */
  let nodes: Map<string, Map<string, Element>>;
  let ledgers: Map<string, Map<string, MadeItem>>;
  /** The accounts that were written to, in that order. */
  let puts: string[];
  /** What a write waits for. */
  let answers: Promise<void>;
  let refuses: (account: string) => Error | undefined;
  let lately: MadeLately;

  const keeps: KeepAbility = {
    async put(jid, _node, id, payload) {
      puts.push(jid);
      await answers;
      const refusal = refuses(jid);
      if (refusal) throw refusal;
      nodes.set(jid, new Map(nodes.get(jid)).set(id, payload));
    },
    all: async (jid) => [...(nodes.get(jid)?.values() ?? [])],
    async drop(jid) {
      nodes.delete(jid);
      return true;
    },
  };
  const made = createMadeItems('a secret', () => keeps);
  const entriesOf = async ({ id }: { id: string }): Promise<Entries> => ledgers.get(id) ?? new Map();
  const kept = async (id: string) => Object.fromEntries(await made.read(jidOf(id)));

  const isLeft = () => [...ledgers.keys()].some((id) => lately.left(jidOf(id)).size > 0);

  /** As after a start. */
  async function connect(): Promise<void> {
    const parts = { made, account: OWN, keeps: () => keeps, entriesOf, log: pino({ level: 'silent' }) };
    lately = createMadeLately(parts);
    await lately.load(keeps);
  }

  /** The ledger says it too, as it does by then. */
  async function note(id: string, jid: string, item: MadeItem | undefined): Promise<void> {
    if (item) ledgers.set(id, new Map(ledgers.get(id)).set(jid, item));
    await lately.note(accountOf(id), new Map([[jid, item]]));
  }

  beforeEach(async () => {
    [nodes, ledgers, puts, answers] = [new Map(), new Map(), [], Promise.resolve()];
    refuses = () => undefined;
    await connect();
  });

  it('is one write for all who come while another is under way, and each waits for the one that has its own', async () => {
    let answer = () => {};
    answers = new Promise((resolve) => {
      answer = resolve;
    });
    const first = note('alice', jidOf('bob'), MADE);
    while (puts.length === 0) await Promise.resolve();
    let over = false;
    const others = Promise.all(['bob', 'carol', 'dave'].map((id) => note(id, jidOf('alice'), MADE))).then(() => {
      over = true;
    });
    answer();
    await first;
    expect(over).to.equal(false);
    await others;
    expect(puts).to.deep.equal([OWN, OWN]);
  });

  it('goes into the nodes of the accounts themselves afterwards, and nothing is left', async () => {
    await note('alice', jidOf('bob'), MADE);
    await note('alice', jidOf('carol'), RAISED);
    await note('bob', jidOf('alice'), MADE);
    expect(await kept('alice')).to.deep.equal({});
    await lately.settle(true);
    expect(await kept('alice')).to.deep.equal({ [jidOf('bob')]: MADE, [jidOf('carol')]: RAISED });
    expect(await kept('bob')).to.deep.equal({ [jidOf('alice')]: MADE });
    expect(isLeft()).to.equal(false);
    await connect();
    expect(isLeft(), 'after a start').to.equal(false);
  });

  it('is known after a crash, the last word about each item', async () => {
    await note('alice', jidOf('bob'), MADE);
    await note('alice', jidOf('carol'), RAISED);
    await lately.settle(true);
    await note('alice', jidOf('bob'), undefined);
    await note('alice', jidOf('dave'), RAISED);
    await connect();
    expect(isLeft()).to.equal(true);
    await lately.settle(true);
    // The ledger still had the item that is gone.
    expect(await kept('alice')).to.deep.equal({ [jidOf('carol')]: RAISED, [jidOf('dave')]: RAISED });
  });

  it('stays noted where the data may be older than that, or the account does not take it', async () => {
    await note('alice', jidOf('bob'), MADE);
    await note('bob', jidOf('alice'), MADE);
    refuses = (jid) => (jid === jidOf('alice') ? new StanzaError('internal-server-error', '') : undefined);
    await lately.settle(true);
    expect(lately.left(jidOf('alice'))).to.deep.equal(new Map([[jidOf('bob'), MADE]]));
    await connect();
    expect(lately.left(jidOf('bob')).size, 'what is settled is not settled once more').to.equal(0);
    refuses = (jid) => (jid === OWN ? undefined : new Fault('UNAVAILABLE', 'the stream broke'));
    expect(await lately.settle(true).catch((err: Error) => err.message)).to.equal('the stream broke');
    expect(isLeft()).to.equal(true);
    await connect();
    refuses = () => undefined;
    await lately.settle(true);
    expect(await kept('alice')).to.deep.equal({ [jidOf('bob')]: MADE });
  });

  it('is over where the account is gone', async () => {
    await note('alice', jidOf('bob'), MADE);
    refuses = (jid) => (jid === OWN ? undefined : new NoAccount());
    await lately.settle(true);
    expect(isLeft()).to.equal(false);
  });

  it('fails for whoever noted it where the server does not take it, and not for who comes later', async () => {
    refuses = () => new Error('the stream broke');
    const failed = await note('alice', jidOf('bob'), MADE).catch((err: Error) => err.message);
    expect(failed).to.equal('the stream broke');
    refuses = () => undefined;
    await note('bob', jidOf('alice'), MADE);
    await connect();
    await lately.settle(true);
    expect(await kept('alice')).to.deep.equal({ [jidOf('bob')]: MADE });
  });

  it('is written into the account itself at once where the component’s own one is gone', async () => {
    refuses = (jid) => (jid === OWN ? new NoAccount() : undefined);
    await note('alice', jidOf('bob'), MADE);
    expect(await kept('alice')).to.deep.equal({ [jidOf('bob')]: MADE });
    refuses = () => new NoAccount();
    const failed = await note('bob', jidOf('alice'), MADE).catch((err: Error) => err.name);
    expect(failed).to.equal('NoAccount');
  });

  it('keeps a change that comes while the node of the same account is written', async () => {
    await note('alice', jidOf('bob'), MADE);
    let answer = () => {};
    answers = new Promise((resolve) => {
      answer = resolve;
    });
    const settling = lately.settle(true);
    while (puts.length < 2) await new Promise(setImmediate);
    const gone = note('alice', jidOf('bob'), undefined);
    answer();
    await Promise.all([settling, gone]);
    expect(isLeft()).to.equal(true);
    ledgers.get('alice')?.delete(jidOf('bob'));
    await lately.settle(true);
    expect(await kept('alice')).to.deep.equal({});
  });

  it('is settled by itself where much has come together', async () => {
    for (let i = 0; i < 400; i += 1) await note(`friend${i}`, jidOf('alice'), MADE);
    while (isLeft()) await lately.settle(true);
    const size = (payload: Element) => JSON.parse(payload.getText()).length;
    expect(puts.filter((jid) => jid !== OWN).length).to.be.within(400, 500);
    expect([...(nodes.get(OWN)?.values() ?? [])].map(size)).to.deep.equal([0]);
    expect(await kept('friend399')).to.deep.equal({ [jidOf('alice')]: MADE });
  });
});
