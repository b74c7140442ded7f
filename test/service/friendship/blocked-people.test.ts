import { expect } from 'chai';
import { blockedPeople } from '../../../service/friendship/blocked-people.ts';
import { sealBlocked } from '../../../store/friendship/blocked-number.ts';

describe('blocked people', () => {
  it('are opened in turns, so others are served in between', async () => {
    const secretsKey = Buffer.alloc(32, 7);
    const one = { numberKey: 'any', sealed: sealBlocked(secretsKey, 'alice', '+8613800138000') };
    let others = 0;
    let over = false;
    const serve = () => {
      others += 1;
      if (!over) setImmediate(serve);
    };
    setImmediate(serve);
    const people = await blockedPeople(secretsKey, 'alice', new Array(10_000).fill(one));
    over = true;
    expect(people.length).to.equal(10_000);
    expect(people.at(-1)).to.deep.equal({ phoneNumber: '+8613800138000' });
    expect(others).to.be.above(1);
  });
});
