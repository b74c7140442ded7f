import { assert } from 'chai';
import { type Entry, type ReadBook, type Twins, toBook } from '../../../domain/book/book-reader.ts';
import { readVcards } from '../../../domain/vcard.ts';

const OWN = '+8613800138000';

describe('domain/book/book-reader', () => {
  describe('two contacts with one uid', () => {
    const entries: Entry[] = ['+8613800138001', '+8613800138002'].map((number, index) => ({
      index,
      contact: { uid: 'same', name: `P${index}`, phoneNumbers: [number], groups: [] },
    }));

    it('are both kept, and the second is told to have lost it', async () => {
      const { book, rejected } = await read(entries);
      assert.deepEqual(
        [...book.values()].map(({ name }) => name),
        ['P0', 'P1'],
      );
      assert.deepEqual(rejected, [
        {
          index: 1,
          reason: 'Kept, but without its uid: Its uid stands in this book already; every contact needs its own.',
        },
      ]);
    });

    it('are one where single contacts are changed, which only a uid names', async () => {
      const { book, rejected } = await read(entries, 'refuse');
      assert.deepEqual([...book.keys()], ['same']);
      assert.lengthOf(rejected, 1);
    });

    it('are one when they say the same', async () => {
      const { book, rejected } = await read([...entries.slice(0, 1), { ...entries[0], index: 1 } as Entry]);
      assert.equal(book.size, 1);
      assert.deepEqual(rejected, []);
    });
  });

  it('says what was wrong with a contact that it keeps', async () => {
    const { book, rejected } = await read(cards('BEGIN:VCARD\nFN:A\nTEL:13800138001\n'));
    assert.equal(book.size, 1);
    assert.deepEqual(rejected, [{ index: 0, reason: 'Kept, but the card on line 1 has no END:VCARD line.' }]);
  });

  describe('cards that are groups', () => {
    const person = (uid: string, number: string) =>
      `BEGIN:VCARD\nVERSION:4.0\nUID:${uid}\nFN:${uid}\nTEL:${number}\nCATEGORIES:Work\nEND:VCARD\n`;
    const group = (name: string, ...members: string[]) =>
      `BEGIN:VCARD\nVERSION:4.0\nKIND:group\nUID:g\nFN:${name}\n${members.map((id) => `MEMBER:${id}\n`).join('')}END:VCARD\n`;

    it('become the groups of their members, before or after them in the file', async () => {
      const file =
        group('Family', 'urn:uuid:AA-1', 'bb-2', 'nobody') +
        person('aa-1', '13800138001') +
        person('urn:uuid:bb-2', '13800138002') +
        person('cc-3', '13800138003') +
        group('Friends', 'AA-1');
      const { book, rejected, hasGroups } = await read(cards(file));
      assert.deepEqual(
        [...book.values()].map(({ groups }) => groups),
        [['Work', 'Family', 'Friends'], ['Work', 'Family'], ['Work']],
      );
      assert.deepEqual(rejected, []);
      assert.isTrue(hasGroups);
    });

    it('are found by an identifier of their own where the uid is another', async () => {
      const entries: Entry[] = [
        { index: 0, contact: { uid: 'path', name: 'A', phoneNumbers: ['13800138001'], groups: [] }, memberId: 'AA' },
        { index: 1, group: { name: 'G', members: ['aa'] } },
      ];
      assert.deepEqual([...(await read(entries)).book.values()][0]?.groups, ['G']);
    });

    it('give a contact 32 groups at most, and a book 100,000 members', async () => {
      const many = Array.from({ length: 50 }, (_, at) => group(`G${at}`, 'aa')).join('');
      const { book } = await read(cards(person('aa', '13800138001') + many));
      assert.lengthOf([...book.values()][0]?.groups ?? [], 32);
      const members = Array.from({ length: 20_000 }, (_, at) => `${at}`);
      const crowd: Entry[] = Array.from({ length: 6 }, (_, index) => ({
        index,
        group: { name: `G${index}`, members },
      }));
      assert.deepEqual((await read(crowd)).rejected, [
        { index: 5, reason: 'The groups of this book have more than 100000 members.' },
      ]);
    });
  });
});

function read(entries: readonly Entry[], twins: Twins = 'keep'): Promise<ReadBook> {
  const numbers = { numberKeyOf: (e164: string) => e164, guessedNumbers: 'use' } as const;
  return toBook(entries, OWN, numbers, { pause: async () => {}, twins });
}

function cards(file: string): Entry[] {
  return readVcards(Buffer.from(file)) as Entry[];
}
