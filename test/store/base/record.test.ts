import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { readJson, readRecord } from '../../../store/base/record.ts';

const ROOT = new URL('../../../', import.meta.url);
const NUMBER = '+4915112345678';
/** Files that read what was never kept, and let none of the parser's words out. */
const OTHERS = [
  'component/server/ejabberd/api.ts',
  'gateway/access/assertion-keys.ts',
  'gateway/access/published-json.ts',
  'gateway/players/listenbrainz/submission.ts',
  'store/base/record.ts',
];

describe('a record that cannot be read', () => {
  it('is told by what it is of, without a word of what it holds, in the error or beneath it', () => {
    expect(() => JSON.parse(NUMBER), 'the parser itself quotes it').to.throw(NUMBER);
    for (const text of [NUMBER, `["${NUMBER}"`, '']) {
      const err = errorOf(() => readJson(text, 'a friend'));
      expect(err.message).to.equal('The record of a friend cannot be read.');
      expect(err.cause).to.equal(undefined);
      expect(err.stack).to.not.contain(NUMBER);
    }
    for (const text of ['null', `"${NUMBER}"`, '4915112345678'])
      expect(errorOf(() => readRecord(text, 'a friend')).message).to.equal('The record of a friend cannot be read.');
    expect(readJson('"everybody"', 'an audience')).to.equal('everybody');
  });

  it('is read so wherever something is read that was kept', () => {
    const parsers = ['store', 'service', 'gateway', 'component', 'worker', 'outlet', 'sip'].flatMap((folder) =>
      readdirSync(new URL(`${folder}/`, ROOT), { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.ts'))
        .map((path) => `${folder}/${path}`)
        .filter((path) => readFileSync(new URL(path, ROOT), 'utf8').includes('JSON.parse')),
    );
    expect(parsers, 'read what is kept by readRecord (store/base/record.ts)').to.have.members(OTHERS);
  });
});

function errorOf(work: () => unknown): Error {
  try {
    work();
  } catch (err) {
    return err as Error;
  }
  throw new Error('It can be read.');
}
