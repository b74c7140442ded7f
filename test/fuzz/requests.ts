import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { fixtureFiles, IMPORT_CSV, IMPORT_LINES } from './corpus.ts';
import { hostileText } from './hostile-text.ts';
import { mutatedBytes } from './mutated-bytes.ts';
import type { Operation } from './operations.ts';
import { hostileJson, validValue, withOneChange } from './schema-values.ts';

/** A request as it is sent. `who` and `$N` in the path stand for what the run has made: a token, the Nth subscriber. */
export type FuzzRequest = {
  method: string;
  path: string;
  who: number;
  headers: Record<string, string>;
  body: Buffer | undefined;
  /** Statuses that the document gives the call. */
  statuses: string[];
};

const METHODS = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'];
const TYPES = [
  ...['application/json', 'application/json; charset=utf-16', 'application/merge-patch+json', 'text/vcard', 'text/csv'],
  ...[
    'application/x-ndjson',
    'text/plain',
    'multipart/form-data',
    'application/x-www-form-urlencoded',
    '',
    ';',
    '*/*',
    'a/b/c',
  ],
];
/** Files by their media type. */
const FILES: Record<string, Buffer[]> = {
  'text/vcard': fixtureFiles('vcard', '.vcf'),
  'text/csv': [...fixtureFiles('csv', '.csv'), IMPORT_CSV],
  'application/x-ndjson': [IMPORT_LINES],
};

/** What may stand in a header field (RFC 9110, section 5.5). */
const fieldText = hostileText.map((text) =>
  text
    .replace(/[^\x20-\x7e\xa0-\xff]/g, '')
    .trim()
    .slice(0, 1500),
);

const headers = fc.record(
  {
    'if-match': fc.oneof(
      fc.constantFrom('*', '"1"', 'W/"1"', '1', '"', '"99999999999999999999"', '"a", "b"'),
      fieldText,
    ),
    'idempotency-key': fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.uuid(), fieldText),
    'content-encoding': fc.oneof(fc.constantFrom('gzip', 'x-gzip', 'identity', 'br', 'gzip, gzip'), fieldText),
    'x-forwarded-for': fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom('unknown', '::1%eth0', '1.2.3.4, , 5.6.7.8', '_x'),
      fieldText,
    ),
    'x-correlator': fieldText,
    accept: fc.oneof(fc.constantFrom('application/xml', 'text/event-stream', '*/*;q=0'), fieldText),
    'last-event-id': fieldText,
    origin: fc.oneof(fc.constantFrom('https://evil.example', 'null'), fieldText),
    'access-control-request-method': fieldText,
    range: fc.constantFrom('bytes=0-', 'bytes=-1', 'bytes=9-1'),
    host: fc.constantFrom('evil.example', '127.0.0.1', '[::1]:80'),
  },
  { requiredKeys: [], noNullPrototype: true },
);

/** Requests of one call: most are nearly right, as those reach furthest. */
export function requestOf(operation: Operation): fc.Arbitrary<FuzzRequest> {
  return fc
    .record({
      method: mostly(fc.constant(operation.method), fc.constantFrom(...METHODS)),
      path: pathOf(operation),
      who: fc.nat(99),
      headers: mostly(fc.constant({}), headers),
      sent: bodyOf(operation),
      gzip: fc.integer({ min: 0, max: 19 }),
    })
    .map(({ sent, gzip, headers, ...rest }) => {
      const statuses = rest.method === operation.method ? operation.statuses : [];
      const type = sent.type === undefined ? {} : { 'content-type': sent.type };
      const zipped = gzip === 0 && sent.body !== undefined;
      return {
        ...rest,
        statuses,
        headers: { ...type, ...headers, ...(zipped ? { 'content-encoding': 'gzip' } : {}) },
        body: zipped ? gzipSync(sent.body as Buffer) : sent.body,
      };
    });
}

function mostly<T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 7, arbitrary: usual }, { weight: 1, arbitrary: odd });
}

function pathOf({ path, params }: Operation): fc.Arbitrary<string> {
  const escaped = hostileText.map((text) => encodeURIComponent(text.toWellFormed()));
  const values = params.map((param): fc.Arbitrary<[string, string | undefined]> => {
    if (param.in === 'path') {
      const known = param.name === 'subscriberId' ? fc.nat(9).map((n) => `$${n}`) : validValue(param.schema).map(inUrl);
      return mostly(known, fc.oneof(fc.constant('me'), escaped)).map((text) => [`{${param.name}}`, text]);
    }
    const given = mostly(validValue(param.schema).map(inUrl), escaped);
    return fc.option(given, { nil: undefined }).map((text) => [param.name, text]);
  });
  return fc.tuple(fc.tuple(...values), mostly(fc.constant(''), escaped)).map(([pairs, extra]) => {
    const query = pairs.filter(([name, text]) => !isPlace(name) && text !== undefined);
    const places = pairs.filter(([name]) => isPlace(name));
    const place = places.reduce((url, [name, text]) => url.replace(name, () => text ?? ''), path);
    const search = [...query.map(([name, text]) => `${name}=${text}`), ...(extra === '' ? [] : [`${extra}=${extra}`])];
    return search.length === 0 ? place : `${place}?${search.join('&')}`;
  });
}

/** Of the path, not of the query. */
function isPlace(name: string): boolean {
  return name.startsWith('{');
}

function inUrl(value: unknown): string {
  return encodeURIComponent(`${value}`.toWellFormed());
}

type Body = { type: string | undefined; body: Buffer | undefined };

function bodyOf({ bodies }: Operation): fc.Arbitrary<Body> {
  const none = fc.constant<Body>({ type: undefined, body: undefined });
  const raw = fc.record({
    type: fc.option(fc.constantFrom(...TYPES), { nil: undefined }),
    body: fc.oneof(
      mutatedBytes(Object.values(FILES).flat()),
      hostileText.map((text) => Buffer.from(text)),
      hostileJson.map(toBytes),
    ),
  });
  const json = bodies.filter(([type]) => type === 'application/json');
  const documented = bodies.map(([type]) => type).filter((type) => type in FILES);
  const files = documented.map(fileOf);
  if (json.length === 0) return fc.oneof(none, none, raw, ...files);
  const valid = fc.oneof(...json.map(([, schema]) => validValue(schema)));
  const changed = fc
    .tuple(valid, fc.array(fc.nat(20), { maxLength: 4 }), hostileJson)
    .map(([value, way, change]) => withOneChange(value, way, change));
  const asJson = (value: fc.Arbitrary<unknown>, weight: number) => ({
    weight,
    arbitrary: value.map((body): Body => ({ type: 'application/json', body: toBytes(body) })),
  });
  return fc.oneof(
    asJson(valid, 4),
    asJson(changed, 6),
    { weight: 2, arbitrary: raw },
    { weight: 1, arbitrary: none },
    ...files.map((arbitrary) => ({ weight: 4, arbitrary })),
  );
}

function fileOf(type: string): fc.Arbitrary<Body> {
  return mutatedBytes(FILES[type] ?? []).map((body) => ({ type, body }));
}

function toBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
