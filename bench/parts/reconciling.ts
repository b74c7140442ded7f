import type { Stores } from '../../store/stores.ts';
import type { Api, Person } from '../../test/support/api.ts';
import type { RawComponent } from '../load/raw-component.ts';
import { bookOf, bookOfStrangers, join } from '../people/people.ts';
import { PLAN } from '../plan.ts';
import { settled } from '../settled.ts';

/** People whose books already hold the owners of the books to be measured. */
export type Circle = { matches: Person[]; owners: Person[]; bareOwners: Person[] };

/** `owners` get their books from Earshot, `bareOwners` get the same roster items from nobody but Prosody. */
export async function gatherCircle(api: Api, stores: Stores): Promise<Circle> {
  const matches = await join(api, PLAN.matches, 'Match');
  const owners = await join(api, PLAN.rounds, 'Owner');
  const bareOwners = await join(api, PLAN.rounds, 'Bare owner');
  for (const match of matches) await api.putBook(match, bookOf(owners));
  await settled(stores);
  return { matches, owners, bareOwners };
}

/** Milliseconds from the upload of a book to the last of the rosters on both sides. */
export async function reconcileBook(api: Api, stores: Stores, circle: Circle, owner: Person): Promise<number> {
  const book = [...bookOf(circle.matches), ...bookOfStrangers(PLAN.contacts - PLAN.matches)];
  const start = performance.now();
  await api.putBook(owner, book);
  await settled(stores);
  const time = performance.now() - start;
  const friends = await api.friends(owner);
  if (friends.length !== PLAN.matches) throw new Error(`The owner has ${friends.length} friends, not ${PLAN.matches}.`);
  return time;
}

/**
 * Milliseconds that Prosody takes for the same roster sets alone: one roster after the other of each subscriber, and as
 * many subscribers side by side as Earshot has.
 */
export async function setRosters(component: RawComponent, circle: Circle, owner: Person): Promise<number> {
  const name = 'Friend 0';
  const jobs = [
    circle.matches.map(({ jid }) => ({ roster: owner.jid, item: { jid, name } })),
    ...circle.matches.map(({ jid }) => [{ roster: jid, item: { jid: owner.jid, name } }]),
  ];
  async function work(): Promise<void> {
    for (let job = jobs.shift(); job; job = jobs.shift())
      for (const { roster, item } of job) await component.setRosterItem(roster, item);
  }
  const start = performance.now();
  await Promise.all(Array.from({ length: PLAN.rostersSideBySide }, work));
  return performance.now() - start;
}
