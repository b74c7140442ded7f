import { expect } from 'chai';
import fc from 'fast-check';
import { Fault } from '../../../domain/fault.ts';
import { createJsonListReader, type JsonPart } from '../../../domain/json/lists.ts';

const LIMITS = { bytes: 200, values: 20, depth: 4 };

/** What the reader makes of a body that comes in pieces of so many bytes, or the code and the text of its refusal. */
function read(body: string | Buffer, size = 7): JsonPart[] | string {
  const bytes = Buffer.from(body);
  const reader = createJsonListReader(['list', 'other'], LIMITS);
  const parts: JsonPart[] = [];
  try {
    for (let at = 0; at < bytes.length; at += size) parts.push(...reader.push(bytes.subarray(at, at + size)));
    reader.end();
    return parts;
  } catch (err) {
    if (!(err instanceof Fault)) throw err;
    return `${err.code}: ${err.message}`;
  }
}

const item = fc
  .jsonValue({ maxDepth: 2, stringUnit: 'binary' })
  .filter((value) => JSON.stringify(value).length < 60 && JSON.stringify(value).split(/[,[{]/).length < 20);

describe('domain/json/lists', () => {
  it('reads every body as JSON.parse does, whatever pieces it comes in', () => {
    const bodies = fc.record({ list: fc.array(item), other: fc.array(item), field: item });
    fc.assert(
      fc.property(bodies, fc.integer({ min: 1, max: 40 }), fc.constantFrom(undefined, 1, '\t'), (body, size, space) => {
        const text = JSON.stringify(body, undefined, space);
        const parsed = JSON.parse(text) as typeof body;
        const of = (list: 'list' | 'other') => parsed[list].map((value, index) => ({ list, index, value }));
        const all = [...of('list'), ...of('other'), { field: 'field', value: parsed.field }];
        expect(read(text, size)).to.deep.equal(all);
      }),
    );
  });

  it('refuses every text that JSON.parse refuses, and none that it reads', () => {
    const text = fc.array(fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '1', ' ', 'true', '"', '\\', 'x'));
    fc.assert(
      fc.property(text, (words) => {
        const body = `{"list":[${words.join('')}`;
        let valid = true;
        try {
          JSON.parse(body);
        } catch {
          valid = false;
        }
        const outcome = read(body);
        if (!valid) expect(outcome).to.match(/^INVALID_ARGUMENT: The body is not valid/);
        else expect(outcome, body).to.be.an('array');
      }),
      { numRuns: 2_000 },
    );
  });

  it('makes nothing of an item that is too large in one way or another, and reads the others', () => {
    for (const [excess, large] of [
      ['bytes', JSON.stringify('x'.repeat(201))],
      ['values', JSON.stringify(Array(21).fill(1))],
      ['values', `{${'"a":1,'.repeat(21)}"b":1}`],
      ['depth', '[[[[[]]]]]'],
    ])
      expect(read(`{"list": [1, ${large}, 2]}`)).to.deep.equal([
        { list: 'list', index: 0, value: 1 },
        { list: 'list', index: 1, excess },
        { list: 'list', index: 2, value: 2 },
      ]);
  });

  it('refuses other fields that are too large or too many, and a list that comes twice', () => {
    expect(read(`{"a": ${JSON.stringify('x'.repeat(201))}}`)).to.match(/^PAYLOAD_TOO_LARGE/);
    expect(read(`{${'"a":1,'.repeat(60)}"b":1}`)).to.match(/^PAYLOAD_TOO_LARGE/);
    expect(read('{"list": [1], "list": []}')).to.match(/^INVALID_ARGUMENT: “list” stands twice/);
    expect(read('{"list": {}}')).to.deep.equal([{ field: 'list', value: {} }]);
  });

  it('takes a byte order mark, and refuses what is not UTF-8', () => {
    expect(read('\ufeff{"list": ["王"]}', 1)).to.deep.equal([{ list: 'list', index: 0, value: '王' }]);
    expect(read(Buffer.from('{"list": ["\xe9"]}', 'latin1'))).to.match(/^INVALID_ARGUMENT: .*UTF-8/);
  });
});
