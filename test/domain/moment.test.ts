import { expect } from 'chai';
import { readMoment } from '../../domain/moment.ts';

describe('domain/moment', () => {
  it('reads the date-times of RFC 3339', () => {
    expect(readMoment('2026-11-22T20:00:00Z')).to.equal(Date.UTC(2026, 10, 22, 20));
    expect(readMoment('2026-11-22t20:00:00.25+05:30')).to.equal(Date.UTC(2026, 10, 22, 14, 30, 0, 250));
    expect(readMoment('2028-02-29T00:00:00z')).to.equal(Date.UTC(2028, 1, 29));
  });

  it('takes no moment that a calendar or a clock does not have', () => {
    for (const text of [
      '2027-02-29T00:00:00Z',
      '2026-11-31T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-00-01T00:00:00Z',
      '2026-11-00T00:00:00Z',
      '2026-11-22T24:00:00Z',
      '2026-11-22T20:60:00Z',
      '2026-11-22T20:00:00+24:00',
      '2026-11-22T20:00:00',
      '2026-11-22',
      ' 2026-11-22T20:00:00Z',
      'tomorrow',
      '',
    ])
      expect(readMoment(text), text).to.equal(undefined);
  });
});
