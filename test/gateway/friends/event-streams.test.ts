import { expect } from 'chai';
import { createEventStreams, MOST_STREAMS, type Opener } from '../../../gateway/friends/event-streams.ts';

describe('gateway/friends/event-streams', () => {
  const opener = (token: string, address = '192.0.2.1', subscriber = 'alice') => ({
    subscriber,
    token,
    address,
  });

  it('replaces the oldest stream of the token that has most', () => {
    const streams = createEventStreams(0);
    const replaced: string[] = [];
    const open = (token: string, name: string) => streams.open(opener(token), () => replaced.push(name));
    open('lone', 'lone');
    const many = Array.from({ length: MOST_STREAMS - 1 }, (_, i) => open('many', `many ${i}`));
    open('lone', 'second of the lone');
    expect(replaced).to.deep.equal(['many 0']);
    open('many', 'one more');
    expect(replaced).to.deep.equal(['many 0', 'many 1']);
    many[2]?.leave();
    open('many', 'in the free place');
    expect(replaced, 'one has left').to.have.length(2);
    open('many', 'and another');
    expect(replaced).to.deep.equal(['many 0', 'many 1', 'many 3']);
  });

  it('holds so many of everybody, of whom one may still replace its own', () => {
    const streams = createEventStreams(0, MOST_STREAMS);
    const places = Array.from({ length: MOST_STREAMS }, () => streams.open(opener('a'), () => {}));
    const bob = () => streams.open(opener('b', '192.0.2.2', 'bob'), () => {});
    expect(bob).to.throw('as many event streams as it can').with.property('code', 'UNAVAILABLE');
    streams.open(opener('a'), () => {});
    expect(bob).to.throw();
    places[1]?.leave();
    places[1]?.leave();
    bob();
    expect(bob).to.throw();
  });

  it('counts an address over all subscribers, gives back each place once, and lets a subscriber replace its own', () => {
    const streams = createEventStreams(MOST_STREAMS);
    const open = (one: Opener) => streams.open(one, () => {});
    const places = Array.from({ length: MOST_STREAMS }, () => open(opener('a')));
    expect(() => open(opener('b', '192.0.2.1', 'bob'))).to.throw('Too many event streams');
    open(opener('b', '192.0.2.2', 'bob'));
    open({ ...opener('c', '', 'carol'), address: undefined });
    open(opener('a'));
    places[0]?.leave();
    expect(() => open(opener('b', '192.0.2.1', 'bob')), 'it was replaced before').to.throw();
    places[1]?.leave();
    places[1]?.leave();
    open(opener('b', '192.0.2.1', 'bob'));
    expect(() => open(opener('b', '192.0.2.1', 'bob'))).to.throw();
  });
});
