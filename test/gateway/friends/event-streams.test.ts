import { expect } from 'chai';
import { createEventStreams, MOST_STREAMS } from '../../../gateway/friends/event-streams.ts';

describe('gateway/friends/event-streams', () => {
  const opener = (token: string, address = '192.0.2.1', subscriber = 'alice') => ({
    subscriber,
    token,
    address,
  });

  it('replaces the oldest stream of the token that has most', () => {
    const streams = createEventStreams(0);
    const lone = streams.open(opener('lone'));
    const many = Array.from({ length: MOST_STREAMS - 1 }, () => streams.open(opener('many')));
    streams.open(opener('lone'));
    expect(lone.replaced.aborted).to.equal(false);
    expect(many.map(({ replaced }) => replaced.aborted)).to.deep.equal([true, ...many.slice(1).map(() => false)]);
    streams.open(opener('many'));
    expect(many[1]?.replaced.aborted).to.equal(true);
    many[2]?.leave();
    streams.open(opener('many'));
    expect(many[3]?.replaced.aborted, 'one has left').to.equal(false);
  });

  it('counts an address over all subscribers, gives back each place once, and lets a subscriber replace its own', () => {
    const streams = createEventStreams(MOST_STREAMS);
    const places = Array.from({ length: MOST_STREAMS }, () => streams.open(opener('a')));
    expect(() => streams.open(opener('b', '192.0.2.1', 'bob'))).to.throw('Too many event streams');
    streams.open(opener('b', '192.0.2.2', 'bob'));
    streams.open({ ...opener('c', '', 'carol'), address: undefined });
    streams.open(opener('a'));
    places[0]?.leave();
    expect(() => streams.open(opener('b', '192.0.2.1', 'bob')), 'it was replaced before').to.throw();
    places[1]?.leave();
    places[1]?.leave();
    streams.open(opener('b', '192.0.2.1', 'bob'));
    expect(() => streams.open(opener('b', '192.0.2.1', 'bob'))).to.throw();
  });
});
