import { expect } from 'chai';
import { friendChanges } from '../../../domain/subscription/friend-changes.ts';
import {
  afterRefusal,
  asDoubt,
  DOUBTED,
  friendOf,
  isUnsure,
  type Known,
  knownAfter,
  mistrust,
  type NextFriends,
  type Step,
  stepsTo,
  type ToldSink,
} from '../../../domain/subscription/known.ts';
import { randomFrom, SEED } from '../../support/random.ts';

const PRESENT: Known = { numbers: 'n', consent: 'c', tune: '' };
const kinds = (told: ToldSink, present: Known | undefined, friends: NextFriends & { wider?: string[] } = {}) =>
  stepsTo(told, present, friends).map(({ kind }) => kind);

describe('what a sink has to be told', () => {
  it('is nothing where it knows all', () => {
    expect(stepsTo({ known: PRESENT }, PRESENT)).to.deep.equal([]);
    expect(stepsTo({ known: undefined }, undefined)).to.deep.equal([]);
  });

  it('begins with the subscriber, whose numbers and consent are in that event, and ends with it', () => {
    const present = { ...PRESENT, tune: 't' };
    const [added] = stepsTo({ known: undefined }, present);
    expect(added?.kind).to.equal('subscriber-added');
    const known = added && knownAfter({ known: undefined }, added, present);
    expect(kinds({ known }, present, { come: 'f' })).to.deep.equal(['now-playing-changed', 'friend-added']);
    expect(kinds({ known: present }, undefined)).to.deep.equal(['subscriber-removed']);
  });

  it('is first what must no longer be seen, and of what is new the tune before friends', () => {
    const [known, friends] = [
      { ...PRESENT, tune: 't' },
      { gone: 'g', come: 'f' },
    ];
    const stops = ['now-playing-changed', 'consent-changed', 'friend-removed', 'numbers-changed', 'friend-added'];
    expect(kinds({ known }, { ...PRESENT, numbers: 'm', consent: 'd' }, friends)).to.deep.equal(stops);
    const other = ['consent-changed', 'friend-removed', 'numbers-changed', 'now-playing-changed', 'friend-added'];
    expect(kinds({ known }, { numbers: 'm', consent: 'd', tune: 'u' }, friends)).to.deep.equal(other);
    const fewer = { numbers: 'm', consent: 'd', tune: 'the same for fewer' };
    expect(kinds({ known }, fewer, { ...friends, wider: ['t'] })).to.deep.equal(stops);
  });

  it('is told again where nobody knows whether it was, although all is as before', () => {
    const fresh = { id: 'second', time: 2 };
    const doubt = { side: 'tune', value: 't', kind: 'now-playing-changed', id: 'first', time: 1 } as const;
    const [back] = stepsTo({ known: PRESENT, doubt }, PRESENT);
    expect(back && asDoubt(back, doubt, fresh)).to.include({ side: 'tune', value: '', id: 'second' });
    const [same] = stepsTo({ known: PRESENT, doubt }, { ...PRESENT, tune: 't' });
    expect(same && asDoubt(same, doubt, fresh)).to.include({ value: 't', id: 'first', time: 1 });
    const other = { side: 'friend f', value: '1', kind: 'friend-added', id: 'first', time: 1 } as const;
    expect(kinds({ known: PRESENT, doubt: other }, PRESENT, { gone: 'f' })).to.deep.equal(['friend-removed']);
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
    expect(mistrust({ known: PRESENT, doubt }, friend)).to.deep.equal({ known: PRESENT, doubt });
    expect(kinds(mistrust({ known: undefined }, friend), undefined)).to.deep.equal(['subscriber-removed']);
  });

  it('has what was refused behind all else, under the same id where nothing else was told meanwhile', () => {
    const doubt = { side: 'friend f', value: '1', kind: 'friend-added', id: 'first', time: 1 } as const;
    const told = afterRefusal({ known: { ...PRESENT, tune: 't' }, doubt }, undefined);
    const friends = { gone: 'g', come: 'f' };
    const all = ['now-playing-changed', 'friend-removed', 'friend-added'];
    expect(kinds(told, PRESENT, friends)).to.deep.equal(all);
    expect(kinds({ ...told, doubt }, PRESENT, friends)).to.deep.equal(['friend-added', ...all.slice(0, 2)]);
    const again = asDoubt(doubt, told.doubt, { id: 'second', time: 2 });
    expect(again).to.deep.equal(doubt);
    expect(friendChanges([], ['e', 'f', 'g'], told.doubt).come).to.deep.equal(['e', 'g', 'f']);
  });

  it('is still a tune that the sink may have heard of before it refused the next', () => {
    const heard = { side: 'tune', value: 't', kind: 'now-playing-changed', id: 'first', time: 1 } as const;
    const { known } = afterRefusal({ known: PRESENT, doubt: { ...heard, value: 'u', id: 'second' } }, heard);
    expect(kinds({ known }, PRESENT)).to.deep.equal(['now-playing-changed']);
  });

  it('is the end of a tune also of somebody of whom nobody knows whether the sink knows it, and of whom it refuses to be told', () => {
    expect(kinds(DOUBTED, PRESENT, { gone: 'g' })).to.deep.equal(['subscriber-added']);
    const refused = afterRefusal(DOUBTED, undefined);
    const ends = ['now-playing-changed', 'friend-removed', 'subscriber-added'];
    expect(kinds(refused, PRESENT, { gone: 'g', come: 'f' })).to.deep.equal(ends);
    const [end] = stepsTo(refused, PRESENT);
    const after = { known: end && knownAfter(refused, end, PRESENT) };
    expect(kinds(after, PRESENT, { come: 'f' })).to.deep.equal(['subscriber-added']);
    const [added] = stepsTo(after, PRESENT);
    expect(added && knownAfter(after, added, PRESENT)).to.deep.equal(PRESENT);
  });

  it('leads from anything to anything, also when answers are lost or refused: who believes each event in turn knows all in the end', () => {
    const random = randomFrom(SEED);
    const some = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
    for (let life = 0; life < 2_000; life += 1) {
      let told: ToldSink = life % 3 === 0 ? DOUBTED : { known: undefined };
      /** Of whom it is noted that the sink was told; and what it believes, whatever it has answered. */
      let toldOf = new Set<string>();
      let believed: Known | undefined = life % 6 === 0 ? { numbers: 'b', consent: 'd', tune: 'v' } : undefined;
      let believes = new Set<string>(believed && ['f', 'h']);
      let present: Known | undefined;
      let is: string[] = [];
      let refuses = false;
      const next = (): Step | undefined => {
        const { gone, come } = friendChanges([...toldOf], is, told.doubt);
        return stepsTo(told, present, { gone: gone[0], come: come[0] })[0];
      };
      const friendsAfter = (friends: Set<string>, { side, value }: Step): Set<string> => {
        const friend = friendOf({ side });
        if (side === 'there') return new Set();
        if (friend === undefined) return friends;
        return new Set(value === '' ? [...friends].filter((one) => one !== friend) : [...friends, friend]);
      };
      const hear = (step: Step) => {
        believed = knownAfter({ known: believed }, step, present);
        believes = friendsAfter(believes, step);
      };
      const note = (step: Step) => {
        told = { known: knownAfter(told, step, present) };
        toldOf = friendsAfter(toldOf, step);
      };
      for (let turn = 0; turn < 12; turn += 1) {
        present = some([
          undefined,
          ...['a', 'b'].map((word) => ({ ...PRESENT, numbers: word, tune: some(['', 't', 'u']) })),
        ]);
        is = present ? ['f', 'g', 'h'].filter(() => some([true, false])) : [];
        const step = next();
        if (!step) continue;
        const doubt = asDoubt(step, told.doubt, { id: `${turn}`, time: turn });
        const before = told.doubt;
        told = { known: told.known, doubt };
        const heard = some([true, true, false]);
        if (heard) hear(step);
        if (heard && some([true, false])) note(step);
        else if (!heard && life % 2 === 0 && some([true, false])) {
          refuses = true;
          told = afterRefusal(told, before);
          const unsure = isUnsure(step, before) ? friendOf(step) : undefined;
          if (unsure !== undefined) toldOf = new Set([...toldOf, unsure]);
        }
      }
      for (let step = next(); step; step = next()) {
        hear(step);
        note(step);
      }
      expect(believed, `life ${life}`).to.deep.equal(present);
      // Of a friend whom it refused after it may have heard of it the sink may not be told again: that it is none any more it is.
      expect(is, `life ${life}`).to.include.members([...believes]);
      if (!refuses) expect([...believes].sort(), `life ${life}`).to.deep.equal(is);
    }
  });
});
