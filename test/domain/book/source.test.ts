import { expect } from 'chai';
import { authorizationOf, retryDelay } from '../../../domain/book/source.ts';

describe('domain/book/source', () => {
  it('waits a minute after a failure, twice as long after each further one, and never longer than usual', () => {
    const hours = (n: number) => n * 3_600_000;
    expect([1, 2, 3, 9, 100].map((failures) => retryDelay(failures, hours(6)) / 60_000)).to.deep.equal([
      1, 2, 4, 256, 360,
    ]);
    expect(retryDelay(5, 60_000)).to.equal(60_000);
  });

  it('says who reads, in UTF-8, or nothing', () => {
    const basic = authorizationOf({ username: 'alice', password: 'ä:ö' });
    expect(Buffer.from(basic?.slice('Basic '.length) ?? '', 'base64').toString()).to.equal('alice:ä:ö');
    expect(authorizationOf({ bearerToken: 'abc' })).to.equal('Bearer abc');
    expect(authorizationOf({})).to.equal(undefined);
  });
});
