import { expect } from 'chai';
import { jsonList } from '../../../gateway/body/json-list.ts';

describe('gateway/body/json-list', () => {
  const lists: unknown[][] = [[], [{ a: 1 }], [{ a: 'ü\n"' }, null, 'text']];
  for (const items of lists)
    it(`writes a list of ${items.length} as JSON.stringify does, an item at a time`, async () => {
      const pieces: string[] = [];
      for await (const piece of jsonList('friends', items)) pieces.push(piece);
      expect(pieces.join('')).to.equal(JSON.stringify({ friends: items }));
      expect(pieces).to.have.length(items.length + 2);
    });

  it('lets others have their turn while it writes much', async () => {
    const large = Array.from({ length: 60 }, () => 'x'.repeat(87_000));
    let turns = 0;
    let over = false;
    const others = (async () => {
      while (!over) {
        turns += 1;
        await new Promise(setImmediate);
      }
    })();
    for await (const _ of jsonList('friends', large, (item) => JSON.stringify([...item]))) void _;
    over = true;
    await others;
    expect(turns).to.be.above(10);
  });
});
