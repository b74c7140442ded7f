import type { Stack } from '../../local/stack/stack.ts';
import type { Stores } from '../../store/stores.ts';
import type { Api } from '../../test/support/api.ts';
import { openEvents } from '../../test/support/http/event-stream.ts';
import { type Row, timeRow } from '../report/rows.ts';
import { makeCouple, until } from './consent.ts';

/** `goal`: milliseconds. */
const PAGES = { tunes: 200, goal: 100 } as const;
const WHAT = `The XMPP server is away: ${PAGES.tunes} tunes, from the call until a friend’s event stream has them`;

/** How soon a friend's page shows what somebody plays while the XMPP server is away. It stays away. */
export async function pages(
  { stack, api, stores }: { stack: Stack; api: Api; stores: Stores },
  say: (line: string) => void,
): Promise<Row[]> {
  const { player, friend, client } = await makeCouple({ stack, api, stores });
  await client.leave();
  await stack.kill('server');
  const stream = await openEvents(stack, friend);
  // The first event is the whole list: what is played before it is in it, and in no event of its own.
  await until('the event stream', () => stream.events.length > 0);
  const shows = (title: string) =>
    until(
      `‘${title}’`,
      () => (stream.events.at(-1)?.data.nowPlaying as { title?: string } | undefined)?.title === title,
    );
  const times: number[] = [];
  for (let i = 0; i < PAGES.tunes; i += 1) {
    const start = performance.now();
    await Promise.all([api.play(player, { title: `Page ${i}`, length: 3_600 }), shows(`Page ${i}`)]);
    times.push(performance.now() - start);
  }
  stream.close();
  return [timeRow(WHAT, times, PAGES.goal, say)];
}
