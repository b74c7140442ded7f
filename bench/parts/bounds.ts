import { setTimeout as sleep } from 'node:timers/promises';
import { MOST_BLOCKED } from '../../domain/friendship/privacy.ts';
import type { Api, Person } from '../../test/support/api.ts';
import { type EventStream, openEvents } from '../../test/support/http/event-stream.ts';
import { startWithoutXmpp, type WithoutXmpp } from '../../test/support/servers/without-xmpp.ts';
import { median } from '../median.ts';
import type { Row } from '../report/rows.ts';

/**
 * `calls`: those that are timed in a round, all of them no more than a subscriber may make in a minute; `pause`: milliseconds between two of them; `between`: the same for each lane of the hog, so that all four
 * together call as often as a subscriber may; `ratio`: to be reached.
 */
const BOUNDS = { rounds: 10, calls: 25, pause: 50, between: 400, ratio: 2 } as const;
const LONG = 'x'.repeat(1_024);
const OWN = '/v1/subscribers/me/';

/** How long a subscriber waits for its list of friends beside another who has everything to its limit, and while that one is quiet. */
export async function bounds(say: (line: string) => void): Promise<Row[]> {
  const world = await startWithoutXmpp({ EARSHOT_LIMIT_ADDRESS: '0' });
  try {
    const hog = await world.join('+8613800138000');
    const api = world.apiOf(await world.join('+8613900139000'));
    const quiet: number[] = [];
    const busy: number[] = [];
    await timed(api);
    for (let round = 0; round < BOUNDS.rounds; round += 1) {
      quiet.push(median(await timed(api)));
      const stop = beBusy(world, hog);
      busy.push(median(await timed(api).finally(stop)));
      say(`Friends listed in ${quiet.at(-1)?.toFixed(2)} ms, and beside a hog in ${busy.at(-1)?.toFixed(2)} ms`);
    }
    const ratio = median(busy) / median(quiet);
    return [
      {
        what: 'Listing friends, median, while another subscriber has everything to its limit and calls as often as it may; times what it takes while all is quiet',
        measured: `${ratio.toFixed(2)} ×`,
        goal: `at most ${BOUNDS.ratio} ×`,
        met: ratio <= BOUNDS.ratio,
      },
    ];
  } finally {
    await world.stop();
  }
}

async function timed(api: Api): Promise<number[]> {
  const times: number[] = [];
  for (let call = 0; call < BOUNDS.calls; call += 1) {
    const start = performance.now();
    await api.expectStatus(200, api.call('GET', `${OWN}friends`));
    times.push(performance.now() - start);
    await sleep(BOUNDS.pause);
  }
  return times;
}

/** Devices, blocked people, exports and event streams, each time others, until what this answers is called. */
function beBusy(world: WithoutXmpp, hog: Person): () => Promise<void> {
  const api = world.apiOf(hog);
  const streams: EventStream[] = [];
  const tune = { kind: 'audio', title: LONG, artist: LONG, source: LONG, track: LONG };
  let over = false;
  async function lane(call: (count: number) => Promise<unknown>): Promise<void> {
    for (let count = 0; !over; count += 1) {
      await call(count);
      await sleep(BOUNDS.between);
    }
  }
  const lanes = [
    lane((count) => api.call('PUT', `${OWN}now-playing`, { ...tune, device: `device-${count}` })),
    lane((count) => api.call('PUT', `${OWN}privacy`, privacyBlocking(count * MOST_BLOCKED))),
    lane(() => api.call('GET', `${OWN}export`)),
    lane(async () => void streams.push(await openEvents(world, hog))),
  ];
  return async () => {
    over = true;
    await Promise.all(lanes);
    for (const stream of streams) stream.close();
  };
}

function privacyBlocking(from: number) {
  const blocked = Array.from({ length: MOST_BLOCKED }, (_, i) => ({ phoneNumber: `+86${13_700_000_000 + from + i}` }));
  return { discoverable: true, audience: 'friends', privateUntil: null, blocked };
}
