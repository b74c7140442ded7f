import { expect } from 'chai';
import { onlineOf, type Resource, type Show, sameOnline } from '../../../domain/account/presence.ts';

const client = (show: Show, priority: number, status = ''): Resource => ({ resource: 'r', show, priority, status });

describe('domain/account/presence', () => {
  it('is that of the client with the highest priority', () => {
    const phone = client('xa', 5, 'asleep');
    const desk = client('dnd', 10, 'at work');
    expect(onlineOf([phone, desk])).to.deep.equal({ online: true, availability: 'busy', status: 'at work' });
    expect(onlineOf([desk, { ...phone, priority: 11 }])).to.deep.equal({
      online: true,
      availability: 'away',
      status: 'asleep',
    });
  });

  it('is online, away, busy or offline', () => {
    const shows: Show[] = ['available', 'chat', 'away', 'xa', 'dnd'];
    const seen = shows.map((show) => onlineOf([client(show, 0)]).availability);
    expect(seen).to.deep.equal(['online', 'online', 'away', 'away', 'busy']);
    expect(onlineOf([])).to.deep.equal({ online: false, availability: 'offline', status: null });
  });

  it('is another one when nothing but the availability differs', () => {
    expect(sameOnline(onlineOf([client('away', 0)]), onlineOf([client('dnd', 0)]))).to.equal(false);
    expect(sameOnline(onlineOf([client('away', 0)]), onlineOf([client('xa', 1)]))).to.equal(true);
  });
});
