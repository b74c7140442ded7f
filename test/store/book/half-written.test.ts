import { expect } from 'chai';
import type { Book } from '../../../domain/book/address-book.ts';
import { Fault } from '../../../domain/fault.ts';
import { PORTION } from '../../../store/image/book-portions.ts';
import type { Stores } from '../../../store/stores.ts';
import { beginReading, bookOf, joinAlice, keyOf, NOW, readWhole, SOURCE } from '../../support/books.ts';
import { die, interruptedStores } from '../../support/measure/watched-stores.ts';
import { useRedis } from '../../support/redis.ts';

describe('a book whose writer died between two steps', () => {
  const server = useRedis();
  let stores: Stores;

  beforeEach(async () => {
    stores = server.freshStores();
    await joinAlice(stores);
  });

  const books = () => stores.addressBooks;
  const told = async () => ({ ...(await books().info('alice')), half: await books().isHalfWritten('alice') });
  const kept = async () => (await books().numbers('alice')).length;
  const change = (ifVersion?: number) => books().change('alice', bookOf(1, 90_000), ['u0'], ifVersion, NOW);
  const codeOf = (what: Promise<unknown>) => what.then(String, (err: Fault) => err.code);
  /** Stores of somebody before whose large script of that number something happens. */
  function beforeStep(step: number, then: () => void | Promise<void>): Stores {
    return interruptedStores(
      server,
      stores,
      (args) => args.some(({ length }) => length > 10_000),
      (count) => (count === step ? then() : undefined),
    );
  }
  async function cut(book: Book, step = 2): Promise<void> {
    const dying = beforeStep(step, die);
    const outcome = await dying.addressBooks.replace('alice', book, NOW).catch((err: Error) => err.message);
    expect(outcome).to.equal('dead');
  }

  it('is told of as it was before, and as half-written', async () => {
    await cut(bookOf(5_000));
    expect(await kept()).to.equal(PORTION);
    expect(await told()).to.deep.equal({ version: 0, contacts: 0, half: true });
    await books().replace('alice', bookOf(3_000), NOW);
    expect(await told()).to.deep.equal({ version: 1, contacts: 3_000, half: false });
    await cut(bookOf(10), 3);
    expect(await kept(), 'some of its contacts are gone').to.be.within(1, 4_999);
    expect(await told()).to.deep.equal({ version: 1, contacts: 3_000, half: true });
  });

  it('is made no book by single contacts: they are refused until it was replaced, or is deleted', async () => {
    for (const [ifVersion, mend] of [
      [undefined, () => books().replace('alice', bookOf(5_000), NOW)],
      [0, () => books().replace('alice', bookOf(5_000), NOW, { ifVersion: 0 })],
    ] as const) {
      stores = server.freshStores();
      await joinAlice(stores);
      await cut(bookOf(5_000));
      expect(await codeOf(change(ifVersion))).to.equal('CONFLICT');
      expect([await told(), await kept()]).to.deep.equal([{ version: 0, contacts: 0, half: true }, PORTION]);
      expect(await mend()).to.deep.equal({ version: 1, contacts: 5_000 });
      expect(await change(1)).to.deep.equal({ version: 2, contacts: 5_000 });
    }
    await cut(bookOf(5_000, 20_000));
    expect(await books().drop('alice', NOW)).to.equal(true);
    expect([await told(), await kept()]).to.deep.equal([{ version: 3, contacts: 0, half: false }, 0]);
    expect((await change()).contacts).to.equal(1);
  });

  it('is not emptied by an upload in which nothing can be kept', async () => {
    await cut(bookOf(5_000));
    const ifEmptied = new Fault('INVALID_ARGUMENT', 'nothing to keep');
    expect(await codeOf(books().replace('alice', new Map(), NOW, { ifEmptied }))).to.equal('INVALID_ARGUMENT');
    expect(await kept()).to.equal(PORTION);
  });

  it('differs from one that is being written: single contacts wait for the end of that', async () => {
    let changed: Promise<unknown> = Promise.resolve();
    const writing = beforeStep(2, () => {
      changed = change();
    });
    expect(await writing.addressBooks.replace('alice', bookOf(5_000), NOW)).to.deep.equal({
      version: 1,
      contacts: 5_000,
    });
    expect(await changed).to.deep.equal({ version: 2, contacts: 5_000 });
    expect(await books().holds('alice', ['0', '1', '4999', '90000'].map(keyOf))).to.deep.equal([
      false,
      true,
      true,
      true,
    ]);
  });

  it('is read in full, when it is that of a source', async () => {
    await stores.sources.link('alice', SOURCE, NOW);
    await readWhole(stores, bookOf(5_000), { syncToken: 't1', etags: 'e1' });
    const { source, fence } = await beginReading(stores);
    expect(source).to.include({ syncToken: 't1', etags: 'e1' });
    const dying = beforeStep(2, die);
    const many = bookOf(3_000, 20_000);
    await dying.addressBooks.changeSource('alice', fence, many, [], NOW).catch((err: Error) => err.message);
    const next = await beginReading(stores);
    expect(next.source).to.include({ collection: 'c', syncToken: '', etags: '' });
    await books().replaceSource('alice', next.fence, bookOf(8_000), NOW);
    expect(await books().info('alice', 's')).to.deep.equal({ version: 2, contacts: 8_000 });
    expect(await kept()).to.equal(8_000);
  });
});
