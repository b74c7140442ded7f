import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { memoryFor } from '../../support/measure/memory.ts';
import { useStack } from '../../support/stack.ts';

const MB = 1024 * 1024;
/** MB over the idle process that one upload may take; most need a tenth. */
const ROOM = 150;

type Expected = { status: number; contacts?: number; rejected?: RegExp; detail?: RegExp };
type Case = [what: string, type: string, body: () => string | Buffer, expected: Expected];

const bob = 'BEGIN:VCARD\nFN:Bob\nTEL:13900139000\nEND:VCARD\n';
const bobInJson = { name: 'Bob', phoneNumbers: ['13900139000'] };
const row = (i: number) => `Contact ${i},1380013${String(i).padStart(5, '0').slice(-4)}\n`;
const cases: Case[] = [
  [
    '10 MB of lists within lists in JSON on one line',
    'application/json',
    () => `{"contacts": [${'['.repeat(5 * MB)}${']'.repeat(5 * MB)}]}`,
    { status: 202, contacts: 0, rejected: /lists and objects within one another/ },
  ],
  [
    '10 MB of empty contacts in JSON on one line',
    'application/json',
    () => `{"contacts": [${'{},'.repeat(3 * MB)}{}]}`,
    { status: 413, detail: /20000 contacts/ },
  ],
  [
    'brackets in a long name',
    'application/json',
    () => JSON.stringify({ contacts: [{ name: '\\"[{'.repeat(20_000), phoneNumbers: ['1'] }, bobInJson] }),
    { status: 202, contacts: 1, rejected: /name is longer than 1024 characters/ },
  ],
  [
    'a name of 10 MB in JSON on one line',
    'application/json',
    () => JSON.stringify({ contacts: [{ name: 'x'.repeat(10 * MB), phoneNumbers: ['13900139000'] }, bobInJson] }),
    { status: 202, contacts: 1, rejected: /larger than 262144 bytes/ },
  ],
  [
    'a number of 10 MB in JSON on one line',
    'application/json',
    () => JSON.stringify({ contacts: [{ name: 'Bob', phoneNumbers: ['1 '.repeat(100_000)] }, bobInJson] }),
    { status: 202, contacts: 1, rejected: /phone numbers can be read/ },
  ],
  [
    '3,000,000 numbers of one contact',
    'application/json',
    () => `{"contacts": [{"name": "x", "phoneNumbers": [${'"1",'.repeat(3_000_000)}"1"]}]}`,
    { status: 400, detail: /stays as it was.*more than 2000 values/ },
  ],
  [
    '2,000,000 keys in one contact',
    'application/json',
    () => `{"contacts": [{${'"a":1,'.repeat(2_000_000)}"b":1}]}`,
    { status: 400, detail: /stays as it was.*more than 2000 values/ },
  ],
  [
    '199,000 contacts with nothing of a contact',
    'application/json',
    () => `{"contacts": [${'{"a":1},'.repeat(199_000)}{}]}`,
    { status: 413, detail: /20000 contacts/ },
  ],
  [
    '2,000,000 keys beside the contacts',
    'application/json',
    () => `{${'"a":1,'.repeat(2_000_000)}"contacts": []}`,
    { status: 413, detail: /too many/ },
  ],
  [
    '1,001 contacts of 100 numbers',
    'application/json',
    () =>
      JSON.stringify({
        contacts: Array.from({ length: 1_001 }, () => ({ name: 'x', phoneNumbers: Array(100).fill('1') })),
      }),
    { status: 413, detail: /100000 numbers/ },
  ],
  [
    'a vCard with a line of 10 MB',
    'text/vcard',
    () => `${bob}BEGIN:VCARD\nFN:${'x'.repeat(10 * MB)}\nTEL:13800138001\nEND:VCARD\n`,
    { status: 202, contacts: 2 },
  ],
  ['10 MB without a line break as vCard', 'text/vcard', () => 'x'.repeat(10 * MB), { status: 400, detail: /no vCard/ }],
  [
    '10 MB without a line break as CSV',
    'text/csv',
    () => 'x'.repeat(10 * MB),
    { status: 400, detail: /name its columns/ },
  ],
  [
    'a CSV with a line of 10 MB',
    'text/csv',
    () => `Name,Phone\nBob,13900139000\n${'x,'.repeat(5 * MB)}\n`,
    { status: 202, contacts: 1, rejected: /^Line 3/ },
  ],
  [
    'a vCard with 20 MB of quoted-printable soft breaks',
    'text/vcard',
    () =>
      `${bob}BEGIN:VCARD\nVERSION:2.1\nFN;ENCODING=QUOTED-PRINTABLE:${'=41=\n'.repeat(4 * MB)}\nTEL:13800138001\nEND:VCARD\n`,
    { status: 202, contacts: 2 },
  ],
  ['20,001 rows of CSV', 'text/csv', () => `Name,Phone\n${rows(20_001)}`, { status: 413, detail: /20000 contacts/ }],
  ['20,001 vCards', 'text/vcard', () => bob.repeat(20_001), { status: 413, detail: /20000 contacts/ }],
  [
    '20,001 contacts as JSON',
    'application/json',
    () =>
      JSON.stringify({
        contacts: Array.from({ length: 20_001 }, () => bobInJson),
      }),
    { status: 413, detail: /20000 contacts/ },
  ],
];

describe('a book that is too large in one way or another', () => {
  const stack = useStack();
  const api = createApi(stack);
  let alice: Person;

  before(async () => {
    alice = await api.join('+8613800138000', 'Alice');
  });

  const put = (body: string | Buffer, type: string) =>
    api.call('PUT', api.path(alice, 'address-book'), body, { 'content-type': type });

  for (const [what, type, body, expected] of cases)
    it(`such as ${what} is answered ${expected.status}, in little memory`, async () => {
      const sent = body();
      const { result: answer, taken } = await memoryFor(stack.process('gateway').pid, () => put(sent, type));
      expect(taken, 'MB').to.be.below(ROOM);
      expect(answer.status, answer.text.slice(0, 300)).to.equal(expected.status);
      expect(answer.text.length, 'the answer repeats nothing of what was sent').to.be.below(2_000);
      if (expected.detail) expect(answer.body.detail).to.match(expected.detail);
      if (expected.contacts !== undefined) expect(answer.body.contacts).to.equal(expected.contacts);
      if (expected.rejected)
        expect((answer.body.rejected as unknown as { detail: string }[])[0]?.detail).to.match(expected.rejected);
      expect((await api.call('GET', '/livez')).status).to.equal(200);
    });

  for (const encoding of ['utf-16le', 'utf-16be'])
    it(`is not what a CSV in ${encoding} is: it is read`, async () => {
      const book = readFileSync(new URL(`../../fixtures/csv/${encoding}.csv`, import.meta.url));
      const answer = await put(book, 'text/csv');
      expect(answer.status, answer.text).to.equal(202);
      // A Greek number without its country code is none in a Chinese book.
      expect(answer.body.contacts).to.equal(2);
      expect(answer.body.rejected).to.have.length(1);
    });
});

function rows(count: number): string {
  return Array.from({ length: count }, (_, i) => row(i)).join('');
}
