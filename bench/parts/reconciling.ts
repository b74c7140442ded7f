import { setTimeout as sleep } from 'node:timers/promises';
import { queuePrefix } from '../../runtime/queue/queue-redis.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { queueOf } from '../../store/due/makes-due.ts';
import type { Stores } from '../../store/stores.ts';
import type { Api, Person } from '../../test/support/api.ts';
import type { RawComponent } from '../load/raw-component.ts';
import { bookOf, bookOfStrangers, join } from '../people/people.ts';
import { PLAN } from '../plan.ts';
import { settled } from '../settled.ts';

/** People whose books already hold the owners of the books to be measured. */
export type Circle = { matches: Person[]; owners: Person[]; bareOwners: Person[] };

type Deps = { api: Api; stores: Stores; redis: Redis };

/** `owners` get their books from Earshot, `bareOwners`, two in each round, the same roster items from nobody but Prosody. */
export async function gatherCircle(api: Api, stores: Stores): Promise<Circle> {
  const matches = await join(api, PLAN.matches, 'Match');
  const owners = await join(api, PLAN.rounds * (PLAN.books.before + 1), 'Owner');
  const bareOwners = await join(api, PLAN.rounds * 2, 'Bare owner');
  for (const match of matches) await api.putBook(match, bookOf(owners));
  await settled(stores);
  return { matches, owners, bareOwners };
}

/** One book after the other, as many in each round; returns what `reconcileBook` says of the last one, when the code has run (decision 308). */
export async function reconcileBooks(
  deps: Deps,
  circle: Circle,
  round: number,
): Promise<{ time: number; wait: number }> {
  const each = PLAN.books.before + 1;
  const owners = circle.owners.slice(round * each, (round + 1) * each);
  const last = owners.pop() as Person;
  for (const owner of owners) {
    await reconcileBook(deps, circle, owner);
    await sleep(PLAN.books.pause);
  }
  return reconcileBook(deps, circle, last);
}

/**
 * Milliseconds from the upload of a book to the last of the rosters on both sides, and how many of them Earshot waits before
 * it begins, so that nobody can time it (decision 54).
 */
async function reconcileBook(
  { api, stores, redis }: Deps,
  circle: Circle,
  owner: Person,
): Promise<{ time: number; wait: number }> {
  const book = [...bookOf(circle.matches), ...bookOfStrangers(PLAN.contacts - PLAN.matches)];
  const start = performance.now();
  await api.putBook(owner, book);
  const wait = await delayOf(redis);
  await sleep(wait - (performance.now() - start));
  await settled(stores);
  const time = performance.now() - start;
  const friends = await api.friends(owner);
  if (friends.length !== PLAN.matches) throw new Error(`The owner has ${friends.length} friends, not ${PLAN.matches}.`);
  return { time, wait };
}

/** How long the one job that waits for its time has to wait, in milliseconds; none where it waits no longer. */
async function delayOf(redis: Redis): Promise<number> {
  const jobs = `${queuePrefix('earshot')}:${queueOf('book')}`;
  const [job] = await redis.zRange(`${jobs}:delayed`, 0, -1);
  return job === undefined ? 0 : Number(await redis.hGet(`${jobs}:${job}`, 'delay'));
}

/**
 * Milliseconds that Prosody takes for the same roster sets alone: one roster after the other of each subscriber, and as
 * many subscribers side by side as Earshot has. `careful`: each roster is read first, and before each set a request
 * that may be pending is withdrawn, as nobody can do without who leaves to users what is theirs.
 */
export async function setRosters(
  component: RawComponent,
  circle: Circle,
  owner: Person,
  careful = false,
): Promise<number> {
  const name = 'Friend 0';
  const jobs = [
    { roster: owner.jid, others: circle.matches.map(({ jid }) => jid) },
    ...circle.matches.map(({ jid }) => ({ roster: jid, others: [owner.jid] })),
  ];
  async function work(): Promise<void> {
    for (let job = jobs.shift(); job; job = jobs.shift()) {
      const { roster, others } = job;
      if (careful) await component.readRoster(roster);
      for (const jid of others) {
        if (careful) component.withdrawRequest(jid, roster);
        await component.setRosterItem(roster, { jid, name });
      }
    }
  }
  const start = performance.now();
  await Promise.all(Array.from({ length: PLAN.rostersSideBySide }, work));
  return performance.now() - start;
}
