import { expect } from 'chai';
import type { Context } from '../../../component/context.ts';
import { createSample, type Sample } from '../../../component/roster/sampling.ts';
import type { RosterAbility } from '../../../component/server/server.ts';
import type { LedgerEntry, RosterItem } from '../../../domain/friendship/roster.ts';
import type { Stores } from '../../../store/stores.ts';
import { jobContext } from '../../support/context.ts';
import { useRedis } from '../../support/redis.ts';
import { ALICE, addSubscriber } from '../../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const BOB = 'bob@op.example';
const CAROL = 'carol@op.example';

describe('rosters that are read here and there', () => {
  const server = useRedis();
  let stores: Stores;
  let sample: Sample;
  let counted: () => Promise<Record<string, number>>;
  let roster: Map<string, RosterItem>;
  let meanwhile: () => Promise<void>;
  let reads: number;

  const made: LedgerEntry = { kind: 'made', name: 'B', groups: [] };
  const item = (jid: string, subscription: RosterItem['subscription']) =>
    [jid, { jid, subscription, name: '', groups: [] as string[] }] as [string, RosterItem];
  const rosters = {
    async read() {
      reads += 1;
      await meanwhile();
      return roster;
    },
  } as unknown as RosterAbility;
  const note = (jid: string, next: LedgerEntry) =>
    stores.ledger.note(ALICE.id, ALICE.jid, [{ jid, seen: undefined, next }]);

  beforeEach(async () => {
    stores = server.freshStores();
    await addSubscriber(stores, ALICE, NOW);
    // The only one there is has the integer 1.
    const context = { ...jobContext('component', stores, () => NOW) } as unknown as Context;
    sample = createSample(context, 'op.example', () => 0);
    counted = async () => {
      const { values } = await context.metrics.rosterSamples.get();
      return Object.fromEntries(values.map(({ labels, value }) => [labels.outcome, value]));
    };
    roster = new Map([item(BOB, 'both')]);
    meanwhile = async () => {};
    reads = 0;
    await stores.due.settle('roster', ALICE.id, []);
  });

  it('count what is as it was left, and what differs, and touch nothing', async () => {
    await note(BOB, made);
    await note(CAROL, { ...made, kind: 'own' });
    await sample(rosters);
    expect(await counted()).to.deep.equal({ same: 1, differs: 1 });
    roster.set(...item(CAROL, 'from'));
    await sample(rosters);
    expect(await counted()).to.deep.equal({ same: 2, differs: 2 });
    expect((await stores.ledger.whole(ALICE.id, ALICE.jid)).size).to.equal(2);
    expect(await stores.due.isMarked('roster', ALICE.id)).to.equal(false);
  });

  it('leave out who has no friends, has something to be done, or lives elsewhere, and ask the server nothing', async () => {
    await sample(rosters);
    await note(BOB, made);
    await stores.due.postpone('roster', ALICE.id, NOW);
    await sample(rosters);
    const elsewhere = { ...jobContext('component', stores, () => NOW) } as unknown as Context;
    await stores.due.settle('roster', ALICE.id, []);
    await createSample(elsewhere, 'brand.example', () => 0)(rosters);
    expect([reads, await counted()]).to.deep.equal([0, {}]);
  });

  it('leave out what is being changed while they are read', async () => {
    await note(BOB, made);
    await note(CAROL, { ...made, pending: true });
    await sample(rosters);
    expect(await counted()).to.deep.equal({ same: 1 });
    roster = new Map();
    meanwhile = () => stores.due.postpone('roster', ALICE.id, NOW);
    await sample(rosters);
    expect([reads, await counted()]).to.deep.equal([2, { same: 1 }]);
  });
});
