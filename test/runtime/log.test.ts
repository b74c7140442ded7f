import { expect } from 'chai';
import { plainError } from '../../runtime/log.ts';

const NUMBER = '+4915112345678';

describe('what a log says of an error', () => {
  it('is what and where it was, and nothing that a library has hung onto it', () => {
    const error = Object.assign(new Error('no answer'), { code: 'ETIMEDOUT', request: NUMBER, cause: NUMBER });
    expect(plainError(error)).to.deep.equal({
      ...{ name: 'Error', code: 'ETIMEDOUT', message: 'no answer' },
      stack: error.stack,
    });
  });

  it('is no word of a text that could not be parsed', () => {
    for (const parse of [
      () => JSON.parse(NUMBER),
      () => new RegExp(`(${NUMBER}`),
      () => BigInt(NUMBER.slice(1, 4) + NUMBER),
    ])
      try {
        parse();
        expect.fail('it can be parsed');
      } catch (err) {
        expect((err as Error).message).to.contain(NUMBER);
        expect(JSON.stringify(plainError(err))).to.not.contain(NUMBER);
        expect(plainError(err)).to.include({ name: 'SyntaxError' });
        expect(plainError(err).stack).to.match(/^ {4}at .*log\.test\.ts/m);
      }
  });
});
