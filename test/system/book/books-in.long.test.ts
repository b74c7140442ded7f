import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { type Answer, createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { memoryFor } from '../../support/measure/memory.ts';
import { joinPair } from '../../support/pair.ts';
import { useStack } from '../../support/stack.ts';

const MB = 1024 * 1024;
const CSV = { 'content-type': 'text/csv' };
const VCARD = { 'content-type': 'text/vcard' };
const JSON_TYPE = { 'content-type': 'application/json' };
const GZIP = { 'content-encoding': 'gzip' };

describe('books in', () => {
  const stack = useStack();
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;

  before(async () => {
    [alice, bob] = await joinPair(api);
    await api.putBook(bob, [{ name: 'Alice', phoneNumbers: [alice.phoneNumber] }]);
  });

  const put = (body: string | Uint8Array, headers: Record<string, string>): Promise<Answer> =>
    api.call('PUT', api.path(alice, 'address-book'), body, headers);
  const inMemory = (work: () => Promise<Answer>) => memoryFor(stack.process('gateway').pid, work);
  const kept = async () => {
    const { body } = await api.call('GET', api.path(alice, 'address-book'));
    return { version: body.version, contacts: body.contacts };
  };

  it('as vCards keep two with one uid, a nested one and one without an end, and say so', async () => {
    const card = (name: string, number: string, end = 'END:VCARD\n') =>
      `BEGIN:VCARD\nUID:same\nFN:${name}\nTEL:${number}\n${end}`;
    const book = [card('A', '13900139001'), card('B', '13900139002', ''), card('C', '13900139003'), 'END:VCARD\n'].join(
      '',
    );
    const { body } = await api.expectStatus(202, put(`${book}${card('D', '13900139004', '')}`, VCARD));
    expect(body.contacts).to.equal(4);
    const reasons = (body.rejected as unknown as { detail: string }[]).map(({ detail }) => detail);
    expect(reasons.filter((reason) => /without its uid/.test(reason))).to.have.length(3);
    expect(reasons.join(' ')).to.match(/line 10 stands within another card.*line 16 has no END:VCARD line/);
  });

  describe('as CSV', () => {
    it('make friends like any other book, names and groups included', async () => {
      const book =
        'First Name,Last Name,Labels,Phone 1 - Label,Phone 1 - Value\n小明,王,家人 ::: * myContacts,Mobile,139 0013 9000\n';
      expect((await api.expectStatus(202, put(book, CSV))).body).to.deep.include({ contacts: 1, rejected: [] });
      await api.settled(alice, bob);
      const [friend] = await api.friends(alice);
      expect(friend).to.include({ subscriberId: bob.id, name: '王小明' });
    });

    it('list each refused row with its place and its reason, and keep the others', async () => {
      const book = readFileSync(new URL('../../fixtures/csv/broken.csv', import.meta.url));
      const { body } = await api.expectStatus(
        202,
        put(book, { 'content-type': 'text/csv; charset=utf-8; header=present' }),
      );
      expect(body.contacts).to.equal(7);
      expect(body.rejected).to.deep.equal([
        { index: 1, detail: 'Line 5: A quotation mark opens a field and is never closed.' },
        { index: 4, detail: 'Line 9: The row has no name and no telephone number.' },
        { index: 7, detail: 'The contact has no phone number.' },
        { index: 9, detail: 'Line 15: A quotation mark opens a field and is never closed.' },
        { index: 11, detail: 'Line 17: A quotation mark opens a field and is never closed.' },
      ]);
    });

    it('say which columns were read, guessed and not understood', async () => {
      const rows = 'Jan,Jansen,,+86 139 0013 9000,,x\nPiet,Pietersen,139 0013 9001,,+86 139 0013 9002,y\n';
      const book = `Voornaam,Achternaam,Mobiele telefoon,ISDN,Bla,Schoenmaat\n${rows}`;
      const { body } = await api.expectStatus(202, put(book, CSV));
      expect(body).to.deep.include({ contacts: 2, rejected: [] });
      expect(body.columns).to.deep.equal({
        read: ['Voornaam', 'Achternaam', 'Mobiele telefoon', 'ISDN'],
        guessed: ['Bla'],
        notUnderstood: ['Schoenmaat'],
      });
    });

    it('are read by what they hold where no column has a name that is known', async () => {
      const { body } = await api.expectStatus(202, put('Foo,Bla,Quux\nJan0,+8613001380001,shoe\n', CSV));
      expect(body).to.deep.include({ contacts: 1, rejected: [] });
      expect(body.columns).to.deep.equal({ read: [], guessed: ['Bla'], notUnderstood: ['Foo', 'Quux'] });
    });

    it('without a header are refused with the columns that are expected, and the old book stays', async () => {
      const before = await kept();
      const { body } = await api.expectStatus(400, put('Bob,13900139000\n', CSV));
      expect(body.detail).to.match(/must name its columns.*"Phone 1 - Value"/);
      expect(await kept()).to.deep.equal(before);
    });
  });

  it('without a single vCard are refused and the old book stays', async () => {
    await api.putVcards(alice, 'BEGIN:VCARD\nFN:Bob\nTEL:13900139000\nEND:VCARD\n');
    const before = await kept();
    for (const body of [
      '<!doctype html>\n',
      'Name,Phone\nBob,13900139000\n',
      gzipSync('BEGIN:VCARD\nFN:A\nEND:VCARD\n'),
    ])
      expect((await api.expectStatus(400, put(body, VCARD))).body.detail).to.match(/^The file holds no vCard/);
    expect(await kept()).to.deep.equal(before);
  });

  describe('without a contact', () => {
    const bob13900139000 = JSON.stringify({ contacts: [{ name: 'Bob', phoneNumbers: ['13900139000'] }] });
    const empty: [what: string, body: string | undefined, headers: Record<string, string>][] = [
      ['no body', undefined, {}],
      ['no body of a type that has one', '', JSON_TYPE],
      ['an empty object', '{}', JSON_TYPE],
      ['a list of contacts that are none', '{"contacts": [{}, 7]}', JSON_TYPE],
      ['contacts whose numbers nobody can read', '{"contacts": [{"name": "x", "phoneNumbers": ["?"]}]}', JSON_TYPE],
      ['an empty file of vCards', '', VCARD],
      ['vCards without numbers', 'BEGIN:VCARD\nFN:Bob\nEND:VCARD\n', VCARD],
      ['a CSV file of headers alone', 'Name,Phone\n', CSV],
    ];
    for (const [what, body, headers] of empty)
      it(`such as ${what} leave the book as it was`, async () => {
        await api.expectStatus(202, put(bob13900139000, JSON_TYPE));
        const before = await kept();
        const answer = await api.call('PUT', api.path(alice, 'address-book'), body, headers);
        expect(answer.status, answer.text).to.equal(400);
        expect(await kept()).to.deep.equal(before);
      });

    for (const type of [undefined, 'text/plain;charset=UTF-8', 'application/octet-stream', 'application/x-ndjson', 'x'])
      it(`as far as ${type ?? 'no Content-Type'} goes are refused with the types that are taken`, async () => {
        await api.expectStatus(202, put(bob13900139000, JSON_TYPE));
        const before = await kept();
        const answer = await sendAs(type, 'PUT', 'address-book', bob13900139000);
        expect(answer.status).to.equal(415);
        expect(answer.detail).to.match(/application\/json.*text\/vcard.*text\/csv/);
        expect(await kept()).to.deep.equal(before);
      });

    it('empty the book when they say so, and are an empty book where there was none', async () => {
      await api.expectStatus(202, put('{"contacts": []}', JSON_TYPE));
      expect((await kept()).contacts).to.equal(0);
      for (const [body, type] of [
        ['', VCARD],
        ['Name,Phone\n', CSV],
        ['{"contacts": [{}]}', JSON_TYPE],
      ] as const)
        expect((await api.expectStatus(202, put(body, type))).body.contacts).to.equal(0);
    });

    /** `fetch` always sends a type with a string. */
    async function sendAs(type: string | undefined, method: string, path: string, body: string) {
      const request = httpRequest(stack.gatewayUrl + api.path(alice, path), {
        method,
        headers: {
          authorization: `Bearer ${stack.operatorKey}`,
          ...(type === undefined ? {} : { 'content-type': type }),
        },
      }).end(body);
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      const text = (await response.toArray()).join('');
      return { status: response.statusCode, detail: JSON.parse(text).detail as string };
    }
  });

  describe('as gzip', () => {
    const json = JSON.stringify({ contacts: [{ name: 'Bob', phoneNumbers: ['13900139000'] }] });
    const books: [string, string, Record<string, string>][] = [
      ['JSON', json, JSON_TYPE],
      ['vCard', 'BEGIN:VCARD\nFN:Bob\nTEL:13900139000\nEND:VCARD\n', VCARD],
      ['CSV', 'Name,Phone\nBob,13900139000\n', CSV],
    ];
    for (const [form, text, type] of books) {
      it(`are taken as ${form}`, async () => {
        const { body } = await api.expectStatus(202, put(gzipSync(text), { ...type, ...GZIP }));
        expect(body).to.deep.include({ contacts: 1, rejected: [] });
      });

      it(`are refused as ${form} when the gzip is broken or ends early, and the old book stays`, async () => {
        const before = await kept();
        const good = gzipSync(text + ' '.repeat(100_000));
        const flipped = Buffer.from(good);
        flipped[good.length - 5] = (flipped[good.length - 5] ?? 0) ^ 1;
        for (const body of [Buffer.from(text), good.subarray(0, -9), flipped, good.subarray(0, 5), Buffer.alloc(0)]) {
          const answer = await api.expectStatus(400, put(body, { ...type, ...GZIP }));
          expect(answer.body.code).to.equal('INVALID_ARGUMENT');
        }
        expect(await kept()).to.deep.equal(before);
      });

      it(`are refused as ${form}, in little memory, when they unzip to 10 GB`, async () => {
        const bomb = Buffer.concat(Array<Buffer>(640).fill(gzipSync(Buffer.alloc(16 * MB, ' '))));
        const { result, taken } = await inMemory(() => put(bomb, { ...type, ...GZIP }));
        expect(result.status, result.text).to.equal(413);
        expect(taken, 'MB').to.be.below(100);
        expect((await api.call('GET', '/livez')).status).to.equal(200);
      });
    }

    it('are refused in another encoding, with what to do', async () => {
      const { body } = await api.expectStatus(415, put('x', { ...CSV, 'content-encoding': 'br' }));
      expect(body.detail).to.contain('gzip');
    });
  });

  describe('of a great size', () => {
    for (const [what, size] of [
      ['that are kept', 48_000],
      ['that are too large to be kept', 100_000],
    ] as const)
      it(`of 32 MB of photos ${what} need less than 100 MB`, async () => {
        const book = photoBook(size);
        expect(book.length).to.be.above(31.5 * MB);
        const { result, taken } = await inMemory(() => put(book, VCARD));
        expect(result.status, result.text).to.equal(202);
        expect(taken, 'MB').to.be.below(100);
      });

    for (const [form, header, contact, type] of [
      ['vCards', '', 'BEGIN:VCARD\nFN:A\nEND:VCARD\n', VCARD],
      ['rows', 'Name,Phone\n', 'A,\n', CSV],
    ] as const)
      it(`of more than 20,000 ${form} are refused before they have ended`, async () => {
        const upload = open(type);
        upload.write(header + contact.repeat(20_002));
        const [answer] = (await once(upload, 'response')) as [IncomingMessage];
        expect(answer.statusCode).to.equal(413);
        upload.destroy();
      });

    it('of more than 32 MB are refused without a Content-Length too', async () => {
      const upload = open(VCARD);
      upload.on('error', () => {});
      for (let sent = 0; sent <= 32; sent += 1) upload.write(Buffer.alloc(MB, 'x'));
      const [answer] = (await once(upload, 'response')) as [IncomingMessage];
      expect(answer.statusCode).to.equal(413);
      upload.destroy();
    });

    for (const [what, row] of [
      ['10 MB on one line', `"${'a,'.repeat(5 * MB)}\n`],
      ['a quotation mark that is never closed', `"${'\nA,1'.repeat(15_000)}`],
    ] as const)
      it(`of ${what} spoil nothing else`, async () => {
        const { body } = await api.expectStatus(202, put(`Name,Phone\nBob,13900139000\n${row}`, CSV));
        expect(body.contacts).to.equal(1);
        expect((body.rejected as unknown as unknown[])[0]).to.deep.include({ index: 1 });
      });
  });

  it('that break off are as if they had never come', async () => {
    const before = await kept();
    const upload = open(VCARD);
    upload.on('error', () => {});
    upload.write('BEGIN:VCARD\nFN:A\nTEL:13700137000\nEND:VCARD\nBEGIN:VCARD\n');
    await eventually(() => expect(upload.socket?.bytesWritten).to.be.above(100));
    upload.destroy();
    await sleep(300);
    expect(await kept()).to.deep.equal(before);
    expect((await api.call('GET', '/livez')).status).to.equal(200);
  });

  /** An upload without Content-Length that the test goes on with. */
  function open(type: Record<string, string>) {
    const headers = { authorization: `Bearer ${alice.token}`, ...type };
    return httpRequest(`${stack.gatewayUrl}${api.path(alice, 'address-book')}`, { method: 'PUT', headers });
  }

  /** MB of the gateway in memory: now (`VmRSS`), or the most there ever were (`VmHWM`). */
});

/** As many cards as fit into 32 MB, each with a photo of its own. */
function photoBook(size: number): Buffer {
  const image = Buffer.alloc(size, Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]));
  const cards: string[] = [];
  for (let length = 0, i = 0; ; i += 1) {
    image.writeUInt32BE(i, 4);
    const photo = image.toString('base64').replace(/.{74}/g, '$&\r\n ');
    const number = `1390013${String(i).padStart(4, '0')}`;
    const card = `BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Bob ${i}\r\nTEL:${number}\r\nPHOTO;ENCODING=b;TYPE=JPEG:${photo}\r\nEND:VCARD\r\n`;
    length += card.length;
    if (length > 32 * MB) return Buffer.from(cards.join(''));
    cards.push(card);
  }
}
