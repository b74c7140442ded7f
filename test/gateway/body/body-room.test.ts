import { expect } from 'chai';
import { createBodyRoom, type Holding } from '../../../gateway/body/body-room.ts';

const KB = 1024;
const MB = 1024 * KB;
const FULL = { code: 'UNAVAILABLE', retryAfter: 5 };

describe('the room that large bodies share', () => {
  const stopped = new Set<Holding>();
  let refusals = 0;
  const open = (megabytes: number) => createBodyRoom({ most: megabytes * MB, refused: () => (refusals += 1) });
  let room = open(100);
  beforeEach(() => {
    room = open(100);
    stopped.clear();
    refusals = 0;
  });

  /** Enters, and holds so much in all; it may be waiting for its next bytes when it is stopped. */
  function hold(caller: string, megabytes: number): Holding {
    const holding = room.enter(caller, { announced: 0 });
    holding.onRefusal(() => stopped.add(holding));
    holding.take(megabytes * MB - 64 * KB);
    return holding;
  }
  const enter = (caller: string, megabytes: number) => room.enter(caller, { announced: megabytes * MB });

  it('is free again when a call is over, of whatever it held', () => {
    const [first, second] = [hold('alice', 50), hold('alice', 50)];
    expect(room.held()).to.equal(100 * MB);
    first.leave();
    first.leave();
    first.take(90 * MB);
    expect(room.held()).to.equal(50 * MB);
    second.leave();
    expect(room.held()).to.equal(0);
    expect(refusals).to.equal(0);
  });

  it('is closed to who has taken all of it, before anything more is read', () => {
    hold('mallory', 100);
    expect(() => enter('mallory', 0))
      .to.throw('Too many large uploads')
      .with.include(FULL);
    expect(() => enter('alice', 100), 'to as much')
      .to.throw('Too many large uploads')
      .with.include(FULL);
    expect(stopped.size).to.equal(0);
    expect(refusals).to.equal(2);
  });

  it('is made by whoever holds most, by the largest of its bodies, though nothing of that comes any more', () => {
    const [small, large, bob] = [hold('mallory', 25), hold('mallory', 30), hold('bob', 40)];
    const alice = hold('alice', 10);
    expect([...stopped]).to.deep.equal([large]);
    expect(() => large.take(1), 'when it goes on')
      .to.throw('Too many large uploads')
      .with.include(FULL);
    for (const one of [small, bob, alice]) one.take(MB);
    expect(room.held()).to.equal(78 * MB);
    expect(refusals).to.equal(1);
  });

  it('is shared by those who have many bodies under way and those who have one', () => {
    for (let n = 0; n < 1_000; n += 1) {
      try {
        hold('mallory', 4);
      } catch {}
    }
    const others = ['alice', 'bob', 'carol'].map((caller) => hold(caller, 24));
    for (const one of others) expect(stopped.has(one)).to.equal(false);
    expect(room.held()).to.be.at.most(100 * MB);
  });

  it('is never made by what has been read and is only to be stored, but by whoever comes then', () => {
    const mallory = hold('mallory', 100);
    mallory.finish();
    expect(() => hold('alice', 1)).to.throw('Too many large uploads');
    expect(stopped.size).to.equal(0);
    mallory.leave();
    hold('alice', 100);
  });

  it('is taken at once by what holds so much at most, however much of it comes', () => {
    const imports = Array.from({ length: 25 }, () => room.enter('carrier', { announced: 1_000 * MB, holds: 4 * MB }));
    for (const one of imports) one.take(1_000 * MB);
    expect(room.held()).to.equal(100 * MB);
    expect(() => room.enter('carrier', { announced: 0, holds: 4 * MB })).to.throw('Too many large uploads');
    hold('alice', 1);
    expect(() => imports[0]?.take(1)).to.throw('Too many large uploads');
  });
});
