import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Person } from '../support/api.ts';
import { FULL_BOOK, type HostileBody } from '../support/http/hostile-bodies.ts';
import type { StallWatch } from '../support/stalls/stalls.ts';
import { hostileText } from './hostile-text.ts';
import { type Surface, shown } from './surface.ts';
import type { World } from './world.ts';

/**
 * Milliseconds of processor time for which one request may hold the gateway's event loop: twice what is promised, as the
 * collection of garbage comes on top. A body counts only if it does so each time that it is sent.
 */
const LONGEST = 100;
const TRIES = 3;

/** A body is `start`, the piece as often as it fits, and `end`. */
type Upload = { target: Target; frame: [start: string, end: string]; piece: string; bytes: number; zipped: boolean };
type Target = { method: string; path: string; type: string; most: number };

const MB = 1024 * 1024;
const TARGETS: Target[] = [
  ...['application/json', 'text/vcard', 'text/csv'].map((type) => own('PUT', 'address-book', type, 32 * MB)),
  own('PATCH', 'address-book', 'application/json', 32 * MB),
  own('PUT', 'privacy', 'application/json', 64_000),
  own('PUT', 'now-playing', 'application/json', 64_000),
  { method: 'POST', path: '/1/submit-listens', type: 'application/json', most: 10 * MB },
  { method: 'POST', path: '/2.0/', type: 'application/x-www-form-urlencoded', most: 64_000 },
  { method: 'POST', path: '/v1/tokens', type: 'application/x-www-form-urlencoded', most: 64_000 },
];
const FRAMES: [string, string][] = [
  ['', ''],
  ['{"contacts":[', '{}]}'],
  ['{"contacts":[{"name":"x","phoneNumbers":[', '"1"]}]}'],
  ['{"contacts":[{"name":"', '","phoneNumbers":["1"]}]}'],
  ['{"contacts":[{', '"b":1}]}'],
  ['{"upsert":[', '{}]}'],
  ['{"remove":[', '"x"]}'],
  ['{"blocked":[', '{}],"discoverable":true,"audience":"friends","privateUntil":null}'],
  ['{"listen_type":"import","payload":[', '{}]}'],
  ['BEGIN:VCARD\nFN:A\n', '\nEND:VCARD\n'],
  ['BEGIN:VCARD\nFN;QUOTED-PRINTABLE:', '\nEND:VCARD\n'],
  ['Name,Phone\n', ''],
];
const JSON_PIECES = ['{"a":1},', '{},', '[],', '[', '{"a":', '1,', '"1",', '"a":1,', 'x', ' ', '\\u202e', '\\"', '"'];
const FILE_PIECES = [
  'TEL:1\n',
  'BEGIN:VCARD\n',
  'a,',
  ';',
  '\\,',
  '=\n',
  '\n',
  '\n ',
  '"\n',
  'x"y,"\n',
  '+4930123456,',
];

function own(method: string, rest: string, type: string, most: number): Target {
  return { method, path: `/v1/subscribers/me/${rest}`, type, most };
}

const uploads: fc.Arbitrary<Upload> = fc.constantFrom(...TARGETS).chain((target) =>
  fc.record({
    target: fc.constant(target),
    frame: fc.constantFrom(...FRAMES),
    piece: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...JSON_PIECES, ...FILE_PIECES) },
      {
        weight: 3,
        arbitrary: fc
          .array(fc.constantFrom(...JSON_PIECES, ...FILE_PIECES), { maxLength: 4 })
          .map((all) => all.join('')),
      },
      { weight: 1, arbitrary: hostileText },
    ),
    // Mostly small, as a stall that grows faster than its body shows there too.
    bytes: fc.double({ min: 0.3, max: 1, noNaN: true }).map((part) => Math.round(target.most ** part)),
    zipped: fc.boolean(),
  }),
);

/** Uploads of one thing over and over, one after the other: nothing that somebody sends holds up everybody else. */
export function stallSurface({ stack, people }: World, stalls: StallWatch): Surface {
  return {
    name: 'stalls',
    inputs: { nightly: 1_500, brief: 40 },
    async run(count, seed) {
      const findings: string[] = [];
      let worst = 0;
      for (const hostile of FULL_BOOK) {
        const { held, status } = await heldByHostile(hostile);
        worst = Math.max(worst, held);
        if (status !== hostile.status) findings.push(`${status} in place of ${hostile.status} for ${hostile.what}`);
        if (held > LONGEST) findings.push(`${Math.round(held)} ms in ${TRIES} tries for ${hostile.what}`);
      }
      for (const upload of fc.sample(uploads, { seed, numRuns: count })) {
        let held = Number.POSITIVE_INFINITY;
        for (let n = 0; n < TRIES && held > LONGEST; n += 1) held = Math.min(held, await heldBy(upload));
        worst = Math.max(worst, held);
        if (held > LONGEST) findings.push(`${Math.round(held)} ms in ${TRIES} tries for ${shown(upload)}`);
        if (findings.length > 4) break;
      }
      return { findings, note: `the worst held the loop for ${Math.round(worst)} ms` };
    },
  };

  /** By what is taken as it is: the least of several tries. */
  async function heldByHostile({ route, path, headers, body }: HostileBody): Promise<{ held: number; status: number }> {
    const [person] = people as [Person, ...Person[]];
    const [method = 'GET'] = route.split(' ');
    const init = { method, headers: headers(person, stack.operatorKey), ...(body && { body: `${body()}` }) };
    let held = Number.POSITIVE_INFINITY;
    let status = 0;
    for (let n = 0; n < TRIES && held > LONGEST; n += 1) {
      await stalls.longest();
      const answer = await fetch(stack.gatewayUrl + path(person), init);
      await answer.text();
      status = answer.status;
      held = Math.min(held, await stalls.longest());
    }
    return { held, status };
  }

  async function heldBy({ target, frame: [start, end], piece, bytes, zipped }: Upload): Promise<number> {
    const { method, path, type } = target;
    const text = start + (piece || 'x').repeat(Math.ceil(bytes / Buffer.byteLength(piece || 'x'))) + end;
    const credential = path.startsWith('/1/') ? 'Token' : 'Bearer';
    const headers = {
      authorization: `${credential} ${people[0]?.token}`,
      'content-type': type,
      ...(zipped && { 'content-encoding': 'gzip' }),
    };
    await stalls.longest();
    // A server may answer before it has read everything, and end the connection.
    await fetch(stack.gatewayUrl + path, { method, headers, body: zipped ? gzipSync(text) : text })
      .then((answer) => answer.text())
      .catch(() => {});
    return stalls.longest();
  }
}
