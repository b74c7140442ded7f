import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { type Told, toldRedis } from '../../support/measure/redis-log.ts';
import { runsOn } from '../../support/on-server.ts';
import { useStack } from '../../support/stack.ts';
import { workDone } from '../../support/work.ts';

/** Friends beside the first: what one more of them costs is counted. */
const MORE = 10;
/**
 * For one roster item, of which each friendship has two; a step is written to the disk before Redis answers it. A friend's own roster job is two
 * steps, and on ejabberd four: what ejabberd is told is noted, as it may forget it (decision 248), and so is the item before the two are
 * made to meet, as ejabberd does not say who is offline. The job of the owner, for all items together, is but a few. On 23.01 it is also looked up
 * what each of the two plays, as that tells nobody what somebody without a client does.
 */
const MOST = runsOn('ejabberd') ? { commands: runsOn('ejabberd-23.01') ? 9 : 6, steps: 3 } : { commands: 4, steps: 2 };
/** Times that it is counted at most, until it is few. */
const TRIES = 5;

describe('what Redis is told for one roster item', () => {
  const stack = useStack();
  const api = createApi(stack);
  let numbers = 0;

  /**
   * The processes also do something by themselves now and then: what was too much is counted again, of other people, and is too much
   * when it is so each time.
   */
  it(`is ${MOST.commands} commands at most, and ${MOST.steps} steps that wait for the disk`, async () => {
    for (let left = TRIES; ; left -= 1) {
      const each = await costs();
      try {
        expect(each('steps'), 'steps').to.be.within(0.5, MOST.steps);
        expect(each('commands'), 'commands').to.be.within(1, MOST.commands);
        return;
      } catch (err) {
        if (left === 1) throw err;
      }
    }
  });

  /** What one roster item costs, of people who are new. */
  async function costs(): Promise<(what: keyof Told) => number> {
    const owner = await join();
    const friends: Person[] = [];
    for (let i = 0; i <= MORE; i += 1) friends.push(await join());
    await Promise.all(friends.map((friend) => api.putBook(friend, [contactOf(owner)])));
    await workDone(stack);
    const one = await toldRedis(stack, () => put(owner, friends.slice(0, 1)));
    const all = await toldRedis(stack, () => put(owner, friends));
    expect(await api.friends(owner)).to.have.length(1 + MORE);
    return (what) => (all[what].length - one[what].length) / (2 * (MORE - 1));
  }

  function join(): Promise<Person> {
    numbers += 1;
    return api.join(`+86${13_900_139_000 + numbers}`);
  }

  async function put(owner: Person, others: readonly Person[]): Promise<void> {
    await api.putBook(owner, others.map(contactOf));
    await workDone(stack);
  }

  function contactOf({ phoneNumber }: Person) {
    return { name: phoneNumber, phoneNumbers: [phoneNumber] };
  }
});
