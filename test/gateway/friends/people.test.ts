import { expect } from 'chai';
import type { Listener } from '../../../gateway/friends/listener.ts';
import { createPeople } from '../../../gateway/friends/people.ts';

describe('gateway/friends/people', () => {
  it('forgets who is followed no more after a round, and tells it, so that nothing else keeps them', async () => {
    const heard = new Set<string>();
    const events = {
      listen: async (ids: readonly string[]) => {
        for (const id of ids) heard.add(id);
      },
      unlisten: async (ids: readonly string[]) => {
        for (const id of ids) heard.delete(id);
      },
    };
    const forgotten: string[] = [];
    const people = createPeople(events, ({ id }) => forgotten.push(id));
    const [, bob] = await people.hear(['alice', 'bob']);
    const listener = {} as Listener;
    bob?.followers.set(listener, {} as never);
    await people.forgetIdle();
    expect([forgotten, [...heard]], 'somebody may come back').to.deep.equal([[], ['alice', 'bob']]);
    await people.forgetIdle();
    expect([forgotten, [...heard]]).to.deep.equal([['alice'], ['bob']]);
    bob?.followers.delete(listener);
    await people.forgetIdle();
    await people.forgetIdle();
    expect([forgotten, [...heard]]).to.deep.equal([['alice', 'bob'], []]);
    expect(people.get('bob')).to.equal(undefined);
  });
});
