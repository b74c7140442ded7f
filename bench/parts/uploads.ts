import type { Stores } from '../../store/stores.ts';
import type { Api, Person } from '../../test/support/api.ts';
import { median, p99 } from '../median.ts';
import { bookOf, bookOfStrangers, join } from '../people/people.ts';
import type { Row } from '../report/rows.ts';
import { settled } from '../settled.ts';

/** `contacts`: of each book, one of whom is a subscriber whose book holds the owner. */
export const UPLOADS = { owners: 100, contacts: 300 } as const;

/** How soon a friend is in both rosters, from the upload of a book that names it. One upload after the other, on a quiet machine. */
export async function uploads(
  { api, stores }: { api: Api; stores: Stores },
  say: (line: string) => void,
): Promise<Row[]> {
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
  const measured = `median ${median(times).toFixed(0)} ms, p99 ${p99(times).toFixed(0)} ms`;
  const what = `An upload of ${UPLOADS.contacts} contacts, from PUT until the one friend among them is in both rosters: ${UPLOADS.owners} uploads`;
  say(`${what}: ${measured}`);
  return [{ what, measured, goal: '', met: undefined }];
}
