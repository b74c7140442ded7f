import { gzipSync } from 'node:zlib';
import type { Person } from '../api.ts';

/** One request that means no good; its body is made when it is needed, as some are large. */
export type HostileBody = {
  route: string;
  what: string;
  path(person: Person): string;
  headers(person: Person, operatorKey: string): Record<string, string>;
  /** None for what only asks. */
  body?(): string | Buffer;
  /** What it is answered with, where it would show nothing if it were refused. */
  status?: number;
};

const MB = 1024 * 1024;
const OPEN = '"discoverable":true,"audience":"friends","privateUntil":null';
const many = (text: string, count: number) => text.repeat(count);
const own = ({ token }: Person) => ({ authorization: `Bearer ${token}` });
const of = (rest: string) => (person: Person) => `/v1/subscribers/${person.id}/${rest}`;

const deep = `${many('[', 5 * MB)}${many(']', 5 * MB)}`;
const books: [what: string, body: () => string | Buffer][] = [
  [
    '3,000,000 numbers of one contact',
    () => `{"contacts":[{"name":"x","phoneNumbers":[${many('"1",', 3_000_000)}"1"]}]}`,
  ],
  ['199,000 contacts with nothing of a contact', () => `{"contacts":[${many('{"a":1},', 199_000)}{}]}`],
  ['2,000,000 keys in one contact', () => `{"contacts":[{${many('"a":1,', 2_000_000)}"b":1}]}`],
  [
    '2,000,000 different keys',
    () => `{"contacts":[{${Array.from({ length: 2_000_000 }, (_, i) => `"k${i}":1`).join()}}]}`,
  ],
  ['2,000,000 keys beside the contacts', () => `{${many('"a":1,', 2_000_000)}"contacts":[]}`],
  ['10 MB of lists within lists', () => `{"contacts":[${deep}]}`],
  ['a name of 30 MB', () => `{"contacts":[{"name":"${many('x', 30 * MB)}","phoneNumbers":["1"]}]}`],
  ['a number of 30 MB', () => `{"contacts":[{"name":"x","phoneNumbers":["${many('1', 30 * MB)}"]}]}`],
  ['a name of escapes', () => `{"contacts":[{"name":"${many('\\u202e', 4_000_000)}","phoneNumbers":["1"]}]}`],
  ['20,000 contacts with five numbers that are none', () => `{"contacts":[${contacts(20_000, '+86 (0) 138 x;ext=')}]}`],
  ['20,000 contacts in 200 groups each', () => `{"contacts":[${contacts(20_000, '+8613900', 200)}]}`],
  ['1,900 numbers of one contact, and a name and groups as long as they may be', () => `{"contacts":[${wide()}]}`],
  ['30 MB of white space', () => many(' ', 30 * MB)],
];
const files: [type: string, what: string, body: () => string | Buffer][] = [
  ['text/vcard', 'a line of 30 MB', () => `BEGIN:VCARD\nFN:${many('x', 30 * MB)}\nTEL:1\nEND:VCARD\n`],
  [
    'text/vcard',
    'soft breaks without text',
    () => `BEGIN:VCARD\nFN;QUOTED-PRINTABLE:${many('=\n', 15 * MB)}\nEND:VCARD`,
  ],
  ['text/vcard', 'nested agents', () => `BEGIN:VCARD\n${many('AGENT:\nBEGIN:VCARD\n', 1_500_000)}`],
  ['text/vcard', 'empty groups', () => `BEGIN:VCARD\nFN:A\nCATEGORIES:${many('\\,,', 10 * MB)}\nEND:VCARD`],
  [
    'text/vcard',
    '20,000 cards of a hundred numbers',
    () => many(`BEGIN:VCARD\nFN:A\n${many('TEL:+49 30 1234\n', 90)}END:VCARD\n`, 20_000),
  ],
  ['text/csv', 'a line of 30 MB', () => many('a,', 15 * MB)],
  ['text/csv', 'quotation marks that are not closed', () => many('x"y,"\n', 5 * MB)],
  ['text/csv', 'nothing but delimiters', () => `Name,Phone\n${many(`${many(',', 30_000)}\n`, 1_000)}`],
  [
    'text/csv',
    'a thousand unknown columns of numbers',
    () => `${many('x,', 1_000)}\n${many(`${many('+4930123456,', 1_000)}\n`, 2_000)}`,
  ],
];
/** As many as a book may hold. */
const full = () => `{"contacts":[${contacts(20_000, '+8613900')}]}`;
const listen = '{"listened_at":1700000000,"track_metadata":{"artist_name":"a","track_name":"b"}}';
const submissions: [what: string, body: () => string][] = [
  ['10 MB of listens', () => `{"listen_type":"import","payload":[${many(`${listen},`, 120_000)}${listen}]}`],
  [
    '10 MB of lists within lists',
    () => `{"listen_type":"import","payload":[${many('[', 4 * MB)}${many(']', 4 * MB)}]}`,
  ],
  ['1,000,000 keys', () => `{"listen_type":"import","payload":[{${many('"a":1,', 1_400_000)}"b":1}]}`],
  ['2,500,000 numbers', () => `{"listen_type":"import","payload":[${many('1,', 4 * MB)}1]}`],
  ['one text of 10 MB', () => `"${many('x', 10_000_000)}"`],
];
/** 64 kB, the usual limit of a body. */
const small: [what: string, body: () => string][] = [
  ['lists within lists', () => `${many('[', 32_000)}${many(']', 32_000)}`],
  ['empty objects', () => `{"blocked":[${many('{},', 21_000)}{}],${OPEN}}`],
  ['one key after the other', () => `{${many('"a":1,', 10_000)}"b":1}`],
  ['blocked numbers', () => `{"blocked":[${many('{"phoneNumber":"+8613800138000"},', 1_800)}{}],${OPEN}}`],
  [
    'groups',
    () => `{"audience":{"groups":[${many('"",', 20_000)}"x"]},"discoverable":true,"privateUntil":null,"blocked":[]}`,
  ],
];
const form = many('a=1&', 16_000);

/** A book that is as large as one may be, and what its owner can ask for then. */
export const FULL_BOOK: HostileBody[] = [
  { ...inJson('PUT', 'address-book', 'as many contacts and numbers as a book may hold', full), status: 202 },
  { ...get('address-book', 'that book'), status: 200 },
  { ...get('export', 'that book'), status: 200 },
  { ...inJson('PUT', 'address-book', 'that book again', full), status: 202 },
  {
    ...inJson(
      'PATCH',
      'address-book',
      '12,000 contacts of that book',
      () => `{"upsert":[${contacts(12_000, '+8613900')}]}`,
    ),
    status: 202,
  },
  { ...inJson('PATCH', 'address-book', 'one contact of that book', () => `{"remove":["7"]}`), status: 202 },
  { ...inJson('PUT', 'address-book', 'no contact in its place', () => '{"contacts":[]}'), status: 202 },
];

/** The worst that is known for each route that takes a body; a finding of `npm run fuzz -- stalls` becomes a line here. */
export const HOSTILE_BODIES: HostileBody[] = [
  ...books.map(([what, body]) => inJson('PUT', 'address-book', what, body)),
  ...books.map(([what, body]) => zipped(inJson('PUT', 'address-book', what, body))),
  ...books.map(([what, body]) =>
    inJson('PATCH', 'address-book', what, () => `${body()}`.replace('"contacts"', '"upsert"')),
  ),
  inJson('PATCH', 'address-book', '3,000,000 removals', () => `{"remove":[${many('"x",', 3_000_000)}"x"]}`),
  ...files.map(([type, what, body]) => upload('PUT', 'address-book', type, what, body)),
  ...files.map(([type, what, body]) => zipped(upload('PUT', 'address-book', type, what, body))),
  ...small.map(([what, body]) => inJson('PUT', 'privacy', what, body)),
  ...small.map(([what, body]) => inJson('PUT', 'now-playing', what, body)),
  ...small.map(([what, body]) => inJson('PUT', 'address-book/sources/x', what, body)),
  ...submissions.map(
    ([what, body]): HostileBody => ({
      route: 'POST /1/submit-listens',
      what,
      path: () => '/1/submit-listens',
      headers: ({ token }) => ({ authorization: `Token ${token}`, 'content-type': 'application/json' }),
      body,
    }),
  ),
  ...['/2.0/', '/v1/tokens', '/v1/verification/send-code', '/v1/verification/validate-code'].flatMap((path) => [
    plain(path, 'application/x-www-form-urlencoded', '64 kB of fields', () => form),
    ...small.slice(0, 3).map(([what, body]) => plain(path, 'application/json', what, body)),
  ]),
  imported('application/x-ndjson', 'a line of 30 MB', () => many('x', 30 * MB)),
  imported('application/x-ndjson', '1,000,000 lines that are none', () => many('{}\n', 1_000_000)),
  imported('application/x-ndjson', 'lists within lists', () => `{"phoneNumber":${deep}}\n`),
  imported('text/csv', 'a line of 30 MB', () => `phoneNumber\n${many('1,', 15 * MB)}`),
  ...FULL_BOOK,
];

function inJson(method: string, rest: string, what: string, body: () => string | Buffer): HostileBody {
  return upload(method, rest, 'application/json', what, body);
}

function upload(method: string, rest: string, type: string, what: string, body: () => string | Buffer): HostileBody {
  const headers = (person: Person) => ({ ...own(person), 'content-type': type });
  return { route: `${method} …/${rest}`, what: `${what} (${type})`, path: of(rest), headers, body };
}

function plain(path: string, type: string, what: string, body: () => string): HostileBody {
  return { route: `POST ${path}`, what, path: () => path, headers: () => ({ 'content-type': type }), body };
}

function zipped(one: HostileBody): HostileBody {
  return {
    ...one,
    what: `${one.what}, zipped`,
    headers: (...whose) => ({ ...one.headers(...whose), 'content-encoding': 'gzip' }),
    body: () => gzipSync(one.body?.() ?? ''),
  };
}

function get(rest: string, what: string): HostileBody {
  return { route: `GET …/${rest}`, what, path: of(rest), headers: own };
}

function imported(type: string, what: string, body: () => string): HostileBody {
  const headers = (_: Person, key: string) => ({ authorization: `Bearer ${key}`, 'content-type': type });
  return { route: 'POST /v1/imports', what: `${what} (${type})`, path: () => '/v1/imports', headers, body };
}

/** A contact whose label is kept at 1,900 numbers: twenty in each of its fields. */
function wide(): string {
  const fields = Array.from({ length: 95 }, (_, i) => {
    const two = `${i}`.padStart(2, '0');
    return `"${Array.from({ length: 20 }, (_, n) => `+49301${two}${`${n}`.padStart(3, '0')}`).join()}"`;
  });
  const groups = ['a', 'b', 'c'].map((letter) => `"${many(letter, 1_000)}"`);
  return `{"name":"${many('x', 1_000)}","phoneNumbers":[${fields.join()}],"groups":[${groups.join()}]}`;
}

function contacts(count: number, number: string, groups = 0): string {
  const inGroups = `[${Array.from({ length: groups }, (_, i) => `"${i}"`).join()}]`;
  return Array.from({ length: count }, (_, i) => {
    const five = `${i}`.padStart(5, '0');
    const numbers = [0, 1, 2, 3, 4].map((n) => `"${number}${five}${n}"`).join();
    return `{"uid":"${i}","name":"Contact ${i}","phoneNumbers":[${numbers}],"groups":${inGroups}}`;
  }).join();
}
