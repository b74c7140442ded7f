import { expect } from 'chai';
import { NOT_EXPORTED, SECTIONS } from '../../../gateway/export/sections.ts';
import { createKeys } from '../../../store/base/keys.ts';

const NUMBER_KEY = 'abcdefghijkl';
const ID = '0b9f6a52-0000-4000-8000-5a5a5a5a5a5a';

describe('gateway/export', () => {
  it('shows every kind of key that a subscriber has, or says why not', () => {
    const covered = [...SECTIONS.flatMap(({ covers }) => covers), ...Object.keys(NOT_EXPORTED)];
    expect(covered).to.have.members([...kindsOfKeys()]);
  });
});

/**
 * What stands behind a subscriber's id in the names of its keys, whatever function of `store/base/keys.ts` makes them; and
 * before the key of its number.
 */
function kindsOfKeys(): Set<string> {
  const kinds = new Set<string>();
  // `wakes` and `wakesIn` make channels, of queues.
  const { spent, wakes: _wakes, wakesIn: _inSlots, ...ofIds } = createKeys('earshot');
  const [kind] = spent(NUMBER_KEY).split(':').slice(-2);
  kinds.add(`${kind}`);
  for (const make of Object.values(ofIds)) {
    if (typeof make !== 'function') continue;
    const made = (make as (...args: unknown[]) => unknown)(ID, 'x', 'y');
    for (const key of keysIn(made))
      if (typeof key === 'string' && key.includes(`${ID}:`)) kinds.add(kindOf(key.split(`${ID}:`)[1] ?? ''));
  }
  return kinds;
}

/** A function makes one key, several in a list, or several under their names. */
function keysIn(made: unknown): unknown[] {
  return typeof made === 'object' && made !== null ? Object.values(made).flatMap(keysIn) : [made];
}

function kindOf(rest: string): string {
  return rest.replace(/[@:].*$/, '').replace(/^(photos|images)-upload-.*/, '$1-upload');
}
