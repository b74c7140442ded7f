import { expect } from 'chai';
import { leftToDo } from '../../../component/tune/left-to-do.ts';
import { OPEN } from '../../../domain/friendship/privacy.ts';

const NOW = 1_800_000_000_000;
const NOTHING_PLAYS = { devices: [], generation: 'g', access: true };
const PRIVATE = { ...OPEN, privateUntil: NOW + 3_600_000 };

describe('what a tune job leaves to be done', () => {
  it('is the end of a private session, but not for somebody who leaves', () => {
    const left = (state: 'active' | 'leaving') => leftToDo({ state }, NOTHING_PLAYS, PRIVATE, true, NOW);
    expect(left('active')).to.deep.equal({ ranOut: [], access: false, again: PRIVATE.privateUntil });
    expect(left('leaving')).to.deep.equal({ ranOut: [], access: true, again: undefined });
  });
});
