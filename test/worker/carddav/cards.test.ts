import { expect } from 'chai';
import type { Entry } from '../../../domain/book/book-reader.ts';
import { MAX_PROPERTIES } from '../../../domain/vcard/limits.ts';
import { readEntries, uidOfPath } from '../../../worker/carddav/cards.ts';
import { listCards } from '../../../worker/carddav/listing.ts';
import type { Ask } from '../../../worker/carddav/reader.ts';
import { turnsDuring } from '../../support/measure/turns-during.ts';

/** A thread whose server says this to whatever it is asked. */
function saying(answer: unknown): Ask {
  return (async () => answer) as unknown as Ask;
}

describe('what a CardDAV server says is worked on in turns', () => {
  const entriesOf = async (text: string) => {
    const entries: Entry[] = [];
    for await (const entry of readEntries(saying([{ path: '/b/1.vcf', text }]), 'https://dav.example/b/', ['/b/1.vcf']))
      entries.push(entry);
    return entries;
  };

  it('also a card of nearly as many lines as are read', async () => {
    const lines = 'FN:Alice\r\n'.repeat(MAX_PROPERTIES - 10);
    const text = `BEGIN:VCARD\r\nVERSION:3.0\r\n${lines}TEL:+8613800138000\r\nEND:VCARD\r\n`;
    let entries: Entry[] = [];
    const turns = await turnsDuring(async () => {
      entries = await entriesOf(text);
    });
    expect(entries).to.have.length(1);
    expect(entries[0]).to.deep.include({
      index: 0,
      contact: { name: 'Alice', phoneNumbers: ['+8613800138000'], groups: [], uid: uidOfPath('/b/1.vcf') },
    });
    expect(turns).to.be.above(2);
  });

  it('of cards in one another the first is read, and what is behind it costs nothing', async () => {
    const text = 'BEGIN:VCARD\r\n'.repeat(600_000);
    expect(await entriesOf(text)).to.deep.equal([{ index: 0, line: 1, reason: 'The card has no END:VCARD line.' }]);
  });

  it('also sixty thousand cards that are gone', async () => {
    const removed = Array.from({ length: 60_000 }, (_, i) => `/b/${i}.vcf`);
    const page = { changed: [], removed, syncToken: 't', more: false };
    const turns = await turnsDuring(async () => {
      const listing = await listCards(saying(page), 'https://dav.example/b/', { syncToken: 's', etags: '' });
      expect(listing.removed.size).to.equal(60_000);
      expect(listing.removed.has(uidOfPath('/b/7.vcf'))).to.equal(true);
    });
    expect(turns).to.be.above(2);
  });
});
