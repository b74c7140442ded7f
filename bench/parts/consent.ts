import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from '../../local/stack/stack.ts';
import type { Stores } from '../../store/stores.ts';
import type { Api, Person } from '../../test/support/api.ts';
import { connectFriend, type FriendClient } from '../../test/support/xmpp/friend-client.ts';
import { atHalfLoad } from '../load/half-load.ts';
import type { Audience } from '../people/audience.ts';
import { bookOf, join } from '../people/people.ts';
import { type Row, timeRow } from '../report/rows.ts';
import { settled } from '../settled.ts';
import { within } from '../within.ts';

/** `goal`: milliseconds. */
const CONSENT = { changes: 100, goal: 1_000 } as const;
const WHAT = `Consent within a second: ${CONSENT.changes} changes, from the call until the friend’s client shows nothing`;
const OPEN = { discoverable: true, audience: 'friends', privateUntil: null, blocked: [] };

/** How soon a friend loses sight of who withdraws its consent: on a quiet machine, and at half the load that it can bear. */
export async function consent(
  deps: { stack: Stack; api: Api; stores: Stores },
  audience: Audience,
  say: (line: string) => void,
): Promise<Row[]> {
  const couple = await makeCouple(deps);
  try {
    const quiet = timeRow(`${WHAT}, quiet`, await changes(deps.api, couple), CONSENT.goal, say);
    const busy = await atHalfLoad(deps.stack, audience, async (rate) => {
      const what = `The same at half load: while ${rate.toFixed(0)} tunes a second go out`;
      return timeRow(what, await changes(deps.api, couple), CONSENT.goal, say);
    });
    return [quiet, busy];
  } finally {
    await couple.client.leave();
  }
}

export type Couple = { player: Person; friend: Person; client: FriendClient };

/** Two friends, of whom the second is online and sees what the first plays. */
export async function makeCouple({ stack, api, stores }: { stack: Stack; api: Api; stores: Stores }): Promise<Couple> {
  const [player, friend] = (await join(api, 2, 'Consenting')) as [Person, Person];
  await api.putBook(player, bookOf([friend]));
  await api.putBook(friend, bookOf([player]));
  await settled(stores);
  return { player, friend, client: await connectFriend(stack, friend) };
}

/** Milliseconds of each change, of every kind in turn; between two of them everybody sees the tune again. */
async function changes(api: Api, { player, friend, client }: Couple): Promise<number[]> {
  const kinds = [
    () => ({ discoverable: false }),
    () => ({ audience: 'nobody' }),
    () => ({ audience: { groups: ['Nobody is in it'] } }),
    () => ({ privateUntil: new Date(Date.now() + 600_000).toISOString() }),
    () => ({ blocked: [{ subscriberId: friend.id }] }),
    () => ({ blocked: [{ phoneNumber: friend.phoneNumber }] }),
  ];
  const put = (settings: object) =>
    api.expectStatus(200, api.call('PUT', api.path(player, 'privacy'), { ...OPEN, ...settings }));
  const shows = (title: string | undefined, since: string) =>
    until(`${title === undefined ? 'an end of the tune' : `‘${title}’`} since ${since}`, () => {
      const last = client.tunes.at(-1);
      return last !== undefined && last.tune.title === title;
    });
  const times: number[] = [];
  for (let i = 0; i < CONSENT.changes; i += 1) {
    const title = `Consent ${i}`;
    const settings = kinds[i % kinds.length]?.() ?? {};
    await api.play(player, { title, length: 3_600 });
    await shows(title, 'it was played');
    const start = performance.now();
    await put(settings);
    await shows(undefined, `the settings ${JSON.stringify(settings)}`);
    times.push(performance.now() - start);
    await put({});
    await shows(title, `those settings were taken back: ${JSON.stringify(settings)}`);
  }
  return times;
}

/** Looks every millisecond. `what`: as in `within`. */
export async function until(what: string, check: () => boolean): Promise<void> {
  let over = false;
  const watch = async () => {
    while (!over && !check()) await sleep(1);
  };
  await within(60_000, watch(), what).finally(() => {
    over = true;
  });
}
