import { expect } from 'chai';
import { type Found, restoredLedger, unreadLedger } from '../../../domain/friendship/restored-ledger.ts';
import { decideRosterStep, type LedgerEntry, type RosterItem } from '../../../domain/friendship/roster.ts';

const JID = 'bob@op.example';
const WANTED = { name: 'Bob', groups: [] };
const MADE: LedgerEntry = { kind: 'made', name: 'Bob', groups: [], since: 'then', met: 'his' };
const item = (subscription: RosterItem['subscription'], name = 'Bob'): RosterItem => ({
  ...{ jid: JID, subscription, name, groups: [] },
});

/** What is decided about the item by a ledger that was read back. */
function stepFor(
  wanted: typeof WANTED | undefined,
  { roster, ledger, made }: { roster?: RosterItem; ledger?: LedgerEntry; made?: Partial<LedgerEntry> },
) {
  const found: Found = {
    roster: new Map(roster && [[JID, roster]]),
    ledger: new Map(ledger && [[JID, ledger]]),
    made: new Map(made && [[JID, made as LedgerEntry]]),
  };
  return decideRosterStep(JID, wanted, roster, restoredLedger(found, 'now').get(JID));
}

describe('a ledger that is read back', () => {
  it('makes an item anew that is missing, and takes it for nobody’s no', () => {
    for (const known of [{ ledger: MADE }, { made: { kind: 'made' } }, {}] as const) {
      expect(stepFor(WANTED, known)).to.include({ do: 'set' });
      expect(stepFor(undefined, known)).to.deep.equal({ do: 'nothing' });
    }
  });

  it('takes for a no that an item is missing which both sides know as Earshot’s', () => {
    for (const made of [{ kind: 'made' }, { kind: 'raised', before: 'to' }] as const) {
      expect(stepFor(WANTED, { ledger: MADE, made })).to.deep.equal({ do: 'declined' });
      expect(stepFor(undefined, { ledger: MADE, made })).to.deep.equal({ do: 'forget' });
    }
    expect(
      stepFor(WANTED, { roster: item('from'), ledger: MADE, made: { kind: 'made' } }),
      'one that is not both may be the other’s',
    ).to.deep.equal({ do: 'look' });
  });

  it('makes an item anew that was just about to be made', () => {
    const ledger: LedgerEntry = { ...MADE, pending: true };
    expect(stepFor(WANTED, { ledger, made: { kind: 'made' } })).to.include({ do: 'set' });
  });

  it('takes away what Earshot made since for somebody who is no friend', () => {
    expect(stepFor(undefined, { roster: item('both'), made: { kind: 'made' } })).to.deep.equal({ do: 'remove' });
    const raised = stepFor(undefined, { roster: item('both'), made: { kind: 'raised', before: 'to' } });
    expect(raised).to.deep.equal({ do: 'restore', item: item('to') });
  });

  it('leaves alone what the user made, whatever the ledger says', () => {
    for (const ledger of [undefined, MADE, { ...MADE, kind: 'own' } as const]) {
      const step = stepFor(undefined, { roster: item('both', 'Mine'), ...(ledger && { ledger }) });
      expect(step.do, ledger?.kind).to.be.oneOf(['nothing', 'forget']);
    }
  });

  it('goes by what Earshot did last to an item that came into being again since', () => {
    const ledger: LedgerEntry = { ...MADE, kind: 'raised', before: 'from' };
    expect(stepFor(undefined, { roster: item('both'), ledger, made: { kind: 'made' } })).to.deep.equal({
      do: 'remove',
    });
  });

  it('keeps a name that the user gave the item', () => {
    const step = stepFor(WANTED, { roster: item('both', 'Bobby'), ledger: MADE, made: { kind: 'made' } });
    expect(step).to.deep.equal({ do: 'note', ledger: MADE });
  });

  it('raises an item anew that was lowered when the friendship ended', () => {
    const step = stepFor(WANTED, { roster: item('from'), ledger: { ...MADE, kind: 'raised', before: 'from' } });
    expect(step).to.deep.include({ do: 'set', item: item('both') });
  });

  it('is what the account says, as an intention, where the server may not have read the roster', () => {
    const kinds = [
      [{ kind: 'made' }, 'remove'],
      [{ kind: 'raised', before: 'to' }, 'restore'],
    ] as const;
    for (const [mine, end] of kinds)
      for (const ledger of [new Map([[JID, MADE]]), new Map()]) {
        const entry = unreadLedger({ ledger, made: new Map([[JID, mine]]) }).get(JID);
        expect(decideRosterStep(JID, WANTED, undefined, entry), 'nobody has said no').to.include({ do: 'set' });
        expect(decideRosterStep(JID, undefined, item('both'), entry).do).to.equal(end);
      }
    expect(unreadLedger({ ledger: new Map([[JID, MADE]]), made: new Map() }).size).to.equal(0);
  });
});
