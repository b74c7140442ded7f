import type { Stack } from '../../local/stack/stack.ts';
import type { Stores } from '../../store/stores.ts';
import type { Api, Person } from '../../test/support/api.ts';
import { atHalfLoad } from '../load/half-load.ts';
import { median, p99 } from '../median.ts';
import type { Audience } from '../people/audience.ts';
import { bookOf, bookOfStrangers, join } from '../people/people.ts';
import type { Row } from '../report/rows.ts';
import { settled } from '../settled.ts';

/** `contacts`: of each book, one of whom is a subscriber whose book holds the owner. */
export const UPLOADS = { owners: 100, contacts: 300 } as const;

type Deps = { stack: Stack; api: Api; stores: Stores };
type Say = (line: string) => void;

/** How soon a friend is in both rosters, from the upload of a book that names it: on a quiet machine, and at half load. */
export async function uploads(deps: Deps, audience: Audience, say: Say): Promise<Row[]> {
  const what = `An upload of ${UPLOADS.contacts} contacts, from PUT until the one friend among them is in both rosters: ${UPLOADS.owners} uploads`;
  const quiet = rowOf(`${what}, quiet`, await timesOf(deps), say);
  const busy = await atHalfLoad(deps.stack, audience, async (rate) =>
    rowOf(`The same at half load: while ${rate.toFixed(0)} tunes a second go out`, await timesOf(deps), say),
  );
  return [quiet, busy];
}

function rowOf(what: string, times: readonly number[], say: Say): Row {
  const measured = `median ${median(times).toFixed(0)} ms, p99 ${p99(times).toFixed(0)} ms`;
  say(`${what}: ${measured}`);
  return { what, measured, goal: '', met: undefined };
}

/** Milliseconds of each upload, one after the other. */
async function timesOf({ api, stores }: Deps): Promise<number[]> {
  const [friend] = (await join(api, 1, 'Friend of many')) as [Person];
  const owners = await join(api, UPLOADS.owners, 'Uploader');
  await api.putBook(friend, bookOf(owners));
  await settled(stores);
  const times: number[] = [];
  for (const owner of owners) {
    const book = [...bookOf([friend]), ...bookOfStrangers(UPLOADS.contacts - 1)];
    const start = performance.now();
    await api.putBook(owner, book);
    await settled(stores);
    times.push(performance.now() - start);
  }
  const friends = await api.friends(friend);
  if (friends.length !== UPLOADS.owners) throw new Error(`The friend has ${friends.length} friends.`);
  return times;
}
