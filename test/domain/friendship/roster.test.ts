import { expect } from 'chai';
import fc from 'fast-check';
import {
  decideRosterStep,
  type LedgerEntry,
  type RosterItem,
  type Subscription,
  type WantedItem,
} from '../../../domain/friendship/roster.ts';

const JID = 'bob@op.example';
const label = fc.record<WantedItem>({
  name: fc.constantFrom('Bob', 'Bobby', ''),
  groups: fc.subarray(['Band', 'Work']),
});
const subscription = fc.constantFrom<Subscription>('none', 'to', 'from', 'both');
const item = fc.record({
  jid: fc.constant(JID),
  subscription,
  name: fc.constantFrom('Bob', 'Mine'),
  groups: fc.subarray(['Band', 'Own']),
});

type State = { item: RosterItem | undefined; ledger: LedgerEntry | undefined; declined: boolean };

/** What the component does with a step, without a server. */
function apply(state: State, wanted: WantedItem | undefined): State {
  const step = decideRosterStep(JID, wanted, state.item, state.ledger);
  switch (step.do) {
    case 'set':
      return { ...state, item: step.item, ledger: step.ledger };
    case 'restore':
      return { ...state, item: step.item, ledger: undefined };
    case 'remove':
      return { ...state, item: undefined, ledger: undefined };
    case 'note':
      return { ...state, ledger: step.ledger };
    case 'forget':
      return { ...state, ledger: undefined };
    case 'declined':
      return { ...state, declined: true };
    case 'look':
    case 'nothing':
      return state;
  }
}

const fresh = (one?: RosterItem): State => ({ item: one, ledger: undefined, declined: false });

describe('domain/friendship/roster', () => {
  it('reaches both in one step and then has nothing more to do', () => {
    fc.assert(
      fc.property(fc.option(item, { nil: undefined }), label, (before, wanted) => {
        const once = apply(fresh(before), wanted);
        expect(once.item?.subscription).to.equal('both');
        expect(apply(once, wanted)).to.deep.equal(once);
      }),
    );
  });

  it('leaves the roster as the user had made it when the friendship ends', () => {
    fc.assert(
      fc.property(fc.option(item, { nil: undefined }), label, label, (before, wanted, later) => {
        const during = apply(apply(fresh(before), wanted), later);
        expect(apply(during, undefined)).to.deep.equal(fresh(before));
      }),
    );
  });

  it('keeps a name and groups that the user set meanwhile', () => {
    fc.assert(
      fc.property(label, label, (wanted, later) => {
        const made = apply(fresh(), wanted);
        const renamed = {
          ...made,
          item: { ...(made.item as RosterItem), name: 'The user’s own', groups: ['The user’s'] },
        };
        expect(apply(renamed, later).item).to.deep.equal(renamed.item);
      }),
    );
  });

  it('takes a deleted item for a no, and looks at the other end where one is there and not both', () => {
    const wanted = { name: 'Bob', groups: [] };
    const made = apply(fresh(), wanted);
    expect(apply({ ...made, item: undefined }, wanted).declined).to.equal(true);
    for (const subscription of ['none', 'to', 'from'] as const)
      expect(decideRosterStep(JID, wanted, { ...(made.item as RosterItem), subscription }, made.ledger)).to.deep.equal({
        do: 'look',
      });
  });

  it('does not take an item for deleted whose making was interrupted', () => {
    fc.assert(
      fc.property(label, (wanted) => {
        const made = apply(fresh(), wanted);
        const interrupted: State = { ...fresh(), ledger: { ...(made.ledger as LedgerEntry), pending: true } };
        expect(apply(interrupted, wanted)).to.deep.equal(made);
      }),
    );
  });

  it('makes anew what is missing after an interruption, also where it was the user’s: as its own', () => {
    const own: RosterItem = { jid: JID, subscription: 'from', name: 'Mine', groups: [] };
    const wanted = { name: 'Bob', groups: [] };
    const raised = apply(fresh(own), wanted);
    const again = apply({ ...fresh(), ledger: { ...(raised.ledger as LedgerEntry), pending: true } }, wanted);
    expect(again).to.deep.equal(apply(fresh(), wanted));
    expect(apply(again, undefined)).to.deep.equal(fresh());
  });

  it('still knows what to restore after an interruption', () => {
    const own: RosterItem = { jid: JID, subscription: 'from', name: 'Mine', groups: [] };
    const raised = apply(fresh(own), { name: 'Bob', groups: [] });
    for (const reached of [own, raised.item]) {
      const interrupted: State = {
        item: reached,
        ledger: { ...(raised.ledger as LedgerEntry), pending: true },
        declined: false,
      };
      expect(apply(apply(interrupted, { name: 'Bob', groups: [] }), undefined).item).to.deep.equal(own);
    }
  });
});
