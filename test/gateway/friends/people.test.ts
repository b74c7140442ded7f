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

  it('keeps who comes back while others are given up', async () => {
    const ids = Array.from({ length: 2_000 }, (_, i) => `friend-${i}`);
    const [first, last] = [ids[0] as string, ids.at(-1) as string];
    const given: string[] = [];
    const events = {
      listen: async () => {},
      unlisten: async (some: readonly string[]) => {
        const isBegun = given.length > 0;
        given.push(...some);
        if (!isBegun) await people.hear([first, last]);
      },
    };
    const people = createPeople(events, () => {});
    await people.hear(ids);
    await people.forgetIdle();
    await people.forgetIdle();
    expect(given, 'the last had not been given up yet').to.deep.equal(ids.slice(0, -1));
    expect([...people.all()].map(({ id }) => id)).to.have.members([first, last]);
  });
});
