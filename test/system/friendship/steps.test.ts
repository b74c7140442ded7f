import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { type Told, toldRedis } from '../../support/measure/redis-log.ts';
import { useStack } from '../../support/stack.ts';
import { workDone } from '../../support/work.ts';

/** Friends beside the first: what one more of them costs is counted. */
const MORE = 10;
/** For one roster item, of which each friendship has two; a step is written to the disk before Redis answers it. */
const MOST = { commands: 4, steps: 2 };

describe('what Redis is told for one roster item', () => {
  const stack = useStack();
  const api = createApi(stack);
  let owner: Person;
  const friends: Person[] = [];

  before(async () => {
    owner = await api.join('+8613800138000');
    for (let i = 0; i <= MORE; i += 1) friends.push(await api.join(`+86${13_900_139_000 + i}`));
    await Promise.all(friends.map((friend) => api.putBook(friend, [contactOf(owner)])));
    await workDone(stack);
  });

  it(`is ${MOST.commands} commands at most, and ${MOST.steps} steps that wait for the disk`, async () => {
    const one = await toldRedis(stack, () => put(friends.slice(0, 1)));
    const all = await toldRedis(stack, () => put(friends));
    expect(await api.friends(owner)).to.have.length(1 + MORE);
    const each = (what: keyof Told) => (all[what].length - one[what].length) / (2 * (MORE - 1));
    expect(each('steps'), 'steps').to.be.within(0.5, MOST.steps);
    expect(each('commands'), 'commands').to.be.within(1, MOST.commands);
  });

  async function put(others: readonly Person[]): Promise<void> {
    await api.putBook(owner, others.map(contactOf));
    await workDone(stack);
  }

  function contactOf({ phoneNumber }: Person) {
    return { name: phoneNumber, phoneNumbers: [phoneNumber] };
  }
});
