import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { isoDuration, type PhoneBookEntry, phoneBookTexts, quicksyNumber } from '../../domain/quicksy.ts';

const versions = (...entries: PhoneBookEntry[]) =>
  phoneBookTexts(entries).map((text) => createHash('sha1').update(text).digest('base64'));

describe('Quicksy’s phone-book', () => {
  it('has the versions that Quicksy’s clients and server compute', () => {
    expect(new Set(versions())).to.deep.equal(new Set(['2jmj7l5rSw0yVb/vlWAYkK/YBwk=']));
    const one = versions({ number: '+442079460100', jids: ['+442079460100@quicksy.im'] });
    expect(new Set(one)).to.deep.equal(new Set(['8eo6tU/vsNXZ4ec6j+USeQUwLvI=']));
  });

  it('sorts numbers, and the JIDs of one number both as texts and by their domains', () => {
    const [jids, other] = [['b@a.example', 'a@b.example'], { number: '+442079460100', jids: ['c@c.example'] }];
    expect(phoneBookTexts([{ number: '+442079460200', jids }, other])).to.deep.equal([
      '+442079460100\u001ec@c.example\u001d+442079460200\u001ea@b.example\u001eb@a.example',
      '+442079460100\u001ec@c.example\u001d+442079460200\u001eb@a.example\u001ea@b.example',
    ]);
  });

  it('takes numbers as its clients write them, and nothing else', () => {
    for (const text of ['+447911123457', '00447911123457', '447911123457'])
      expect(quicksyNumber(text), text).to.equal('+447911123457');
    for (const text of ['', '+', '112', '07911123457', '+44 7911 123457', '+4479111234', '+44791112345*', 'Bob'])
      expect(quicksyNumber(text), text).to.equal(undefined);
  });

  it('writes times to wait as Quicksy’s server does', () => {
    expect([0, 59, 60, 3661, 86_400].map(isoDuration)).to.deep.equal(['PT0S', 'PT59S', 'PT1M', 'PT1H1M1S', 'PT24H']);
  });
});
