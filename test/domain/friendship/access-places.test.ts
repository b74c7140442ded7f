import { expect } from 'chai';
import {
  changesAt,
  type NodePlace,
  narrowsAny,
  ONE_PLACE,
  placeChanges,
} from '../../../domain/friendship/access-places.ts';
import { type NodeAccess, type NodeChange, USUAL } from '../../../domain/friendship/node-access.ts';

const ACTIVITY: NodePlace = { kept: 'http://jabber.org/protocol/activity', usual: USUAL };
const BOTH = [...ONE_PLACE, ACTIVITY];
const NOBODY: NodeAccess = new Map([
  ['model', 'whitelist'],
  ['bob@op.example', 'outcast'],
]);
const told = (known: NodeAccess, changes: readonly NodeChange[]): NodeAccess => {
  const next = new Map([...known, ...changes]);
  for (const [field, value] of changes) if (value === 'none') next.delete(field);
  return next;
};

describe('who may look into several places', () => {
  it('is kept for the first place as it always was', () => {
    expect(placeChanges(ONE_PLACE, new Map(), NOBODY)).to.deep.equal([
      ['model', 'whitelist'],
      ['bob@op.example', 'outcast'],
    ]);
  });

  it('is told to a place that was added later, however the first stands', () => {
    const known = told(new Map(), placeChanges(ONE_PLACE, new Map(), NOBODY));
    const changes = placeChanges(BOTH, known, NOBODY);
    expect(changesAt(BOTH[0] as NodePlace, changes)).to.deep.equal([]);
    expect(changesAt(ACTIVITY, changes)).to.deep.equal([
      ['model', 'whitelist'],
      ['bob@op.example', 'outcast'],
    ]);
    expect(narrowsAny(BOTH, known, NOBODY), 'until then it is open to all contacts').to.equal(true);
    expect(placeChanges(BOTH, told(known, changes), NOBODY)).to.deep.equal([]);
    expect(narrowsAny(BOTH, told(known, changes), NOBODY)).to.equal(false);
  });

  it('is asked for again at one place whose answer was never seen', () => {
    const known = told(new Map(), placeChanges(BOTH, new Map(), NOBODY));
    const unsure = new Map([...known, [`${ACTIVITY.kept} model`, '?']]);
    expect(placeChanges(BOTH, unsure, NOBODY)).to.deep.equal([[`${ACTIVITY.kept} model`, 'whitelist']]);
  });

  it('is what it usually is, each place in its own way, once nothing is wanted any more', () => {
    const open: NodePlace = { kept: 'urn:open', usual: new Map([['model', 'open']]) };
    const places = [...ONE_PLACE, open];
    const known = told(new Map(), placeChanges(places, new Map(), NOBODY));
    const changes = placeChanges(places, known, undefined);
    expect(changesAt(ONE_PLACE[0] as NodePlace, changes)).to.deep.equal([
      ['model', 'presence'],
      ['bob@op.example', 'none'],
    ]);
    expect(changesAt(open, changes)).to.deep.equal([
      ['model', 'open'],
      ['bob@op.example', 'none'],
    ]);
    expect(placeChanges(places, told(known, changes), undefined)).to.deep.equal([]);
  });
});
