import { expect } from 'chai';
import {
  asDoubt,
  type Known,
  knownAfter,
  mistrust,
  stepsTo,
  type ToldSink,
} from '../../../domain/subscription/known.ts';
import { randomFrom, SEED } from '../../support/random.ts';

const PRESENT: Known = { numbers: 'n', consent: 'c', tune: '', friends: [] };
const kinds = (told: ToldSink, present: Known | undefined) => stepsTo(told, present).map(({ kind }) => kind);

describe('what a sink has to be told', () => {
  it('is nothing where it knows all', () => {
    expect(stepsTo({ known: PRESENT }, PRESENT)).to.deep.equal([]);
    expect(stepsTo({ known: undefined }, undefined)).to.deep.equal([]);
  });

  it('begins with the subscriber, whose numbers and consent are in that event, and ends with it', () => {
    const present = { ...PRESENT, tune: 't', friends: ['f'] };
    const [added] = stepsTo({ known: undefined }, present);
    expect(added?.kind).to.equal('subscriber-added');
    const known = added && knownAfter({ known: undefined }, added, present);
    expect(kinds({ known }, present)).to.deep.equal(['friend-added', 'now-playing-changed']);
    expect(kinds({ known: present }, undefined)).to.deep.equal(['subscriber-removed']);
  });

  it('is first what must no longer be seen', () => {
    const known = { ...PRESENT, tune: 't', friends: ['gone'] };
    const present = { ...PRESENT, consent: 'other', friends: ['come'] };
    const stops = ['now-playing-changed', 'friend-removed', 'friend-added', 'consent-changed'];
    expect(kinds({ known }, present)).to.deep.equal(stops);
  });

  it('is told again where nobody knows whether it was, although all is as before', () => {
    const fresh = { id: 'second', time: 2 };
    const doubt = { side: 'tune', value: 't', kind: 'now-playing-changed', id: 'first', time: 1 } as const;
    const [back] = stepsTo({ known: PRESENT, doubt }, PRESENT);
    expect(back && asDoubt(back, doubt, fresh)).to.include({ side: 'tune', value: '', id: 'second' });
    const [same] = stepsTo({ known: PRESENT, doubt }, { ...PRESENT, tune: 't' });
    expect(same && asDoubt(same, doubt, fresh)).to.include({ value: 't', id: 'first', time: 1 });
    const other = { side: 'friend f', value: '1', kind: 'friend-added', id: 'first', time: 1 } as const;
    expect(kinds({ known: PRESENT, doubt: other }, PRESENT)).to.deep.equal(['friend-removed']);
  });

  it('is told again under another id after an event that came late, beside what another run has in doubt', () => {
    const late = { side: 'tune', value: 't', kind: 'now-playing-changed', id: 'late', time: 1 } as const;
    const present = { ...PRESENT, tune: 't' };
    for (const is of [PRESENT, present]) {
      const told = mistrust({ known: is }, late);
      const [again] = stepsTo(told, is);
      expect(again && asDoubt(again, told.doubt, { id: 'fresh', time: 2 })).to.include({ value: is.tune, id: 'fresh' });
    }
    const doubt = { side: 'consent', value: 'c', kind: 'consent-changed', id: 'other', time: 1 } as const;
    expect(kinds(mistrust({ known: PRESENT, doubt }, late), PRESENT)).to.have.members([
      'consent-changed',
      'now-playing-changed',
    ]);
    const friend = { side: 'friend f', value: '1', kind: 'friend-added', id: 'late', time: 1 } as const;
    expect(kinds(mistrust({ known: PRESENT, doubt }, friend), PRESENT)).to.have.members([
      'consent-changed',
      'friend-removed',
    ]);
    expect(kinds(mistrust({ known: undefined }, friend), undefined)).to.deep.equal(['subscriber-removed']);
  });

  it('leads from anything to anything, also when answers are lost: who believes each event in turn knows all in the end', () => {
    const random = randomFrom(SEED);
    const some = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
    for (let life = 0; life < 2_000; life += 1) {
      let told: ToldSink = { known: undefined };
      /** What the sink believes, whatever it has answered. */
      let believed: Known | undefined;
      let present: Known | undefined;
      for (let turn = 0; turn < 12; turn += 1) {
        present = some([
          undefined,
          ...['a', 'b'].map((word) => ({ ...PRESENT, numbers: word, tune: some(['', 't', 'u']) })),
        ]);
        if (present) present = { ...present, friends: ['f', 'g', 'h'].filter(() => some([true, false])) };
        const [step] = stepsTo(told, present);
        if (!step) continue;
        const doubt = asDoubt(step, told.doubt, { id: `${turn}`, time: turn });
        told = { known: told.known, doubt };
        const heard = some([true, true, false]);
        if (heard) believed = knownAfter({ known: believed }, step, present);
        if (heard && some([true, false])) told = { known: knownAfter(told, step, present) };
      }
      for (let [step] = stepsTo(told, present); step; [step] = stepsTo(told, present)) {
        believed = knownAfter({ known: believed }, step, present);
        told = { known: knownAfter(told, step, present) };
      }
      const sorted = (known: Known | undefined) => known && { ...known, friends: [...known.friends].sort() };
      expect(sorted(believed), `life ${life}`).to.deep.equal(sorted(present));
    }
  });
});
