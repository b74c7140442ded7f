import { expect } from 'chai';
import type { Contact } from '../../../domain/book/address-book.ts';
import { askPartitions, unpackNumberKeys } from '../../../store/base/partitions.ts';
import { askSlices } from '../../../store/base/slices.ts';
import { imageOf } from '../../../store/image/book-image.ts';
import { createBookSeals } from '../../../store/image/book-seal.ts';
import { bookOf, contactOf, joinAlice, keyOf, NOW } from '../../support/books.ts';
import { useRedis } from '../../support/redis.ts';
import { mostStepsInATurn } from '../../support/stalls/steps.ts';

/** Far fewer than there are, and far more than turns are given. */
const FEW = 100;

describe('what is done about a whole book lets others have their turns', () => {
  const server = useRedis();

  it('while it is asked how many of its numbers wait', async () => {
    const stores = server.freshStores({ first: 3, daily: 2 });
    await joinAlice(stores);
    await stores.addressBooks.replace('alice', bookOf(5), NOW);
    const numbers = Array.from({ length: 2_000 }, (_, i) => keyOf(`${i}`));
    const most = await mostStepsInATurn(async (step) => {
      function* counted() {
        for (const number of [...numbers, ...numbers]) {
          step();
          yield number;
        }
      }
      expect(await stores.budget.standing('alice', counted(), NOW)).to.include({ waiting: 2 });
    });
    expect(most).to.be.within(1, FEW);
  });

  it('while many of its contacts are looked up', async () => {
    const stores = server.freshStores();
    await joinAlice(stores);
    await stores.addressBooks.replace('alice', bookOf(8_200), NOW);
    const most = await mostStepsInATurn(async (step) => {
      const changes = Array.from({ length: 1_000 }, (_, i) => [`u${i}`, counted(step, `${i}`)] as const);
      expect(await stores.addressBooks.change('alice', new Map(changes), [], undefined, NOW)).to.deep.equal({
        version: 2,
        contacts: 8_200,
      });
    });
    expect(most).to.be.within(1, FEW);
  });

  it('while its numbers are looked for where they are kept, in slices or by partitions', async () => {
    const numbers = Array.from({ length: 2_000 }, (_, i) => keyOf(`${i}`));
    const inSlices = await mostStepsInATurn((step) =>
      askSlices(
        numbers,
        async (some) => {
          for (const _ of some) step();
          return some;
        },
        10,
      ),
    );
    const byPartition = await mostStepsInATurn(async (step) => {
      const watched = new Proxy(numbers, {
        get(target, name) {
          if (/^\d+$/.test(String(name))) step();
          return Reflect.get(target, name);
        },
      });
      expect(await askPartitions(watched, async (_, packed) => unpackNumberKeys(packed))).to.deep.equal(numbers);
    });
    expect(inSlices).to.be.within(1, 2 * FEW);
    expect(byPartition).to.be.within(1, FEW);
  });

  it('while a long name is sealed at each of the many numbers of one contact', async () => {
    const seal = createBookSeals(Buffer.alloc(32))('alice');
    const numbers = Array.from({ length: 2_000 }, (_, i) => `${i}`);
    const most = await mostStepsInATurn(async (step) => {
      const watched = {
        ...seal,
        seal(start: string, label: Buffer, some: readonly string[]) {
          for (const _ of some) step();
          return seal.seal(start, label, some);
        },
      };
      const { after, put } = await imageOf(watched, new Map([['u', contactOf('x'.repeat(4_000), ...numbers)]]));
      expect([put, after.held.size]).to.deep.equal([1, 2_000]);
    });
    expect(most).to.be.within(1, 2 * FEW);
  });
});

/** A contact that says when its numbers are looked at. */
function counted(step: () => void, number: string): Contact {
  const contact = contactOf('Renamed', number);
  const { numberKeys } = contact;
  return Object.defineProperty(contact, 'numberKeys', {
    get() {
      step();
      return numberKeys;
    },
  });
}
