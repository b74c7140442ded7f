import { join } from 'node:path';
import { pino } from 'pino';
import { createMetrics } from '../../runtime/metrics.ts';
import { createSipOutlet } from '../../sip/sip-outlet.ts';
import type { Person } from '../../test/support/api.ts';
import { readCpuOf } from '../cpu.ts';
import { openHttpLane } from '../load/http-lane.ts';
import { createArrivals, newTune } from '../load/tunes.ts';
import { median, p99 } from '../median.ts';
import { onStack } from '../on-stack.ts';
import type { Deps } from '../parts/measure.ts';
import { join as joinPeople } from '../people/people.ts';
import type { Chapter } from '../report/chapters.ts';
import { kamailioVersions, type Machine } from '../report/machine.ts';
import { table } from '../report/markdown.ts';
import { type Row, rowTable } from '../report/rows.ts';
import { startKamailio } from '../sip/kamailio.ts';
import { connectWatcher } from '../sip/watcher.ts';
import { byLibrary, byOutlet, costOf, DOMAIN } from './publishing.ts';

export const PRESENCE_CHAPTER = 'A tune on a SIP presence server';

/** `count`: publications for a figure of processor time; `ways`: of tunes whose way is measured, `before`: that every process has shown by then; `playing`: of whom it is counted when they are refreshed. */
const SIZE = { rounds: 5, lanes: 20, count: 2_000, ways: 200, before: 2_000, playing: 100_000 } as const;
const GOALS = { rate: 0.9, added: 5, bytes: 300 } as const;

const METHOD = `Written by \`npm run bench -- sip\`: a Kamailio with its presence modules in memory, over TCP, and Earshot with its Prosody, Redis and a process \`sip\`, on one machine; each process has shown ${SIZE.before} tunes before its own are measured. In each of ${SIZE.rounds} rounds, in turn: ${SIZE.count} publications for ${SIZE.lanes} numbers by the library alone (\`sip.js\` on one connection, the same documents), and as many through the outlet, both in the benchmark's own process; processor time is that of this process, and publications a second and core are its inverse. Then ${SIZE.ways} tunes one after the other, each as a PUBLISH by the library and as a \`PUT …/now-playing\`, from sending until a phone's connection has the NOTIFY.`;

/** What a publication costs by the outlet, beside the library alone, and how long a tune takes to a phone. */
export async function presence(
  place: { folder: string; env: Record<string, string>; signal: AbortSignal },
  machine: Machine,
): Promise<Chapter> {
  const kamailio = await startKamailio(join(place.folder, 'presence-kamailio'));
  const sip = { EARSHOT_SIP_SERVER: `tcp://127.0.0.1:${kamailio.port}`, EARSHOT_SIP_DOMAIN: DOMAIN };
  const env = { ...place.env, ...sip, EARSHOT_SIP_RATE: '100000' };
  try {
    return await onStack({ dataDir: join(place.folder, 'presence'), env, signal: place.signal }, async (deps) => {
      const rows = [
        ...(await costs(deps, kamailio.port)),
        ...(await ways(deps, kamailio.port)),
        await refreshes(deps.say),
      ];
      const text = [METHOD, rowTable(rows), table(['', ''], [...machine, ...kamailioVersions()])];
      return { title: PRESENCE_CHAPTER, text: text.join('\n\n') };
    });
  } finally {
    await kamailio.stop();
  }
}

async function costs({ say }: Deps, port: number): Promise<Row[]> {
  const numbers = Array.from({ length: SIZE.lanes }, (_, i) => `+49151${1_000_000 + i}`);
  const sides = { library: await byLibrary(port), outlet: byOutlet(port, pino({ level: 'silent' })) };
  const rounds: { library: number; outlet: number }[] = [];
  try {
    for (const side of [sides.library, sides.outlet]) await costOf(side, numbers, SIZE.count);
    for (let i = 0; i < SIZE.rounds; i += 1) {
      // Each of the two goes first in every second round.
      const cost = async (side: 'library' | 'outlet') =>
        [side, await costOf(sides[side], numbers, SIZE.count)] as const;
      const order = i % 2 === 0 ? (['library', 'outlet'] as const) : (['outlet', 'library'] as const);
      const round = Object.fromEntries([await cost(order[0]), await cost(order[1])]) as (typeof rounds)[number];
      say(`library ${round.library.toFixed(3)} ms, outlet ${round.outlet.toFixed(3)} ms a publication`);
      rounds.push(round);
    }
  } finally {
    sides.library.stop();
    sides.outlet.stop();
  }
  const perCore = (side: 'library' | 'outlet') => 1_000 / median(rounds.map((round) => round[side]));
  const ratio = median(rounds.map(({ library, outlet }) => library / outlet));
  return [
    {
      what: 'Publications a second and core, the outlet beside the library alone',
      measured: `${perCore('outlet').toFixed(0)} : ${perCore('library').toFixed(0)}, ${ratio.toFixed(2)} ×`,
      goal: `at least ${GOALS.rate} ×`,
      met: ratio >= GOALS.rate,
    },
  ];
}

async function ways({ stack, api, stores, redis, say }: Deps, port: number): Promise<Row[]> {
  const people = await joinPeople(api, SIZE.lanes, 'Publisher');
  const raw = '+491519999999';
  const arrivals = createArrivals();
  const uris = [...people.map(({ phoneNumber }) => phoneNumber), raw].map((number) => `sip:${number}@${DOMAIN}`);
  const watcher = await connectWatcher(
    port,
    { name: 'phone', domain: DOMAIN },
    uris,
    (title) => title !== undefined && arrivals.note(title),
  );
  const library = await byLibrary(port);
  const lane = await openHttpLane(stack);
  try {
    const pids = { sip: [stack.part('sip').pid] };
    const timed = async (send: (tune: ReturnType<typeof newTune>) => Promise<void>) => {
      const tune = newTune();
      const arrived = arrivals.of(tune.title);
      const sentAt = performance.now();
      const sent = send(tune);
      const time = (await arrived) - sentAt;
      await sent;
      return time;
    };
    await warmUp(people, lane);
    const times: { raw: number[]; http: number[] } = { raw: [], http: [] };
    const before = readCpuOf(pids).parts.sip ?? 0;
    for (let i = 0; i < SIZE.ways; i += 1) {
      const person = people[i % people.length] as Person;
      times.raw.push(await timed((tune) => library.publish(raw, tune)));
      times.http.push(await timed((tune) => lane.put(`/v1/subscribers/${person.id}/now-playing`, tune)));
    }
    const cpu = ((readCpuOf(pids).parts.sip ?? 0) - before) / SIZE.ways;
    const added = median(times.http) - median(times.raw);
    say(`raw ${median(times.raw).toFixed(2)} ms, by HTTP ${median(times.http).toFixed(2)} ms`);
    const [first] = people as [Person, ...Person[]];
    const bytes = Number(await redis.memoryUsage(stores.keys.told(first.id, 'sip')));
    return [
      {
        what: 'A tune’s way to a phone, from the HTTP request, beside a PUBLISH by the library',
        measured: `median ${median(times.http).toFixed(1)} ms (p99 ${p99(times.http).toFixed(1)} ms) and ${median(times.raw).toFixed(1)} ms (p99 ${p99(times.raw).toFixed(1)} ms): ${added.toFixed(1)} ms added`,
        goal: `at most ${GOALS.added} ms added`,
        met: added <= GOALS.added,
      },
      {
        what: 'Processor time of the process for each of these tunes: job, Redis and PUBLISH',
        measured: `${cpu.toFixed(2)} ms`,
        goal: '',
        met: undefined,
      },
      {
        what: 'What Redis holds of a playing subscriber for it; the process itself holds nothing',
        measured: `${bytes} bytes`,
        goal: `at most ${GOALS.bytes}`,
        met: bytes <= GOALS.bytes,
      },
    ];
  } finally {
    lane.close();
    library.stop();
    watcher.close();
  }
}

/** Shows so many tunes that every process has run for a while (decision 284). */
async function warmUp(people: readonly Person[], lane: Awaited<ReturnType<typeof openHttpLane>>): Promise<void> {
  for (let i = 0; i < SIZE.before; i += 1)
    await lane.put(`/v1/subscribers/${(people[i % people.length] as Person).id}/now-playing`, newTune());
}

/** So many who were published in one moment, of tunes that last an hour: how many are refreshed in the busiest second. */
async function refreshes(say: (line: string) => void): Promise<Row> {
  const begun = Date.now();
  const answer = {
    status: 200,
    header: (name: string) => ({ 'sip-etag': 'tag', expires: '900' })[name.toLowerCase()],
  };
  const outlet = createSipOutlet({
    ...{
      server: { ready: async () => false, publish: async () => answer },
      domain: DOMAIN,
      interval: 0,
      now: () => begun,
    },
    metrics: createMetrics('bench'),
  });
  const seconds = new Map<number, number>();
  const tune = { kind: 'audio', title: 'An hour', length: 3_600 } as const;
  const playing = { device: 'bench', tune, since: begun, expiresAt: begun + 3_600_000 };
  for (let i = 0; i < SIZE.playing; i += 1) {
    const { again = 0 } = await outlet.show('+491511000000', playing, undefined);
    const second = Math.floor((again - begun) / 1_000);
    seconds.set(second, (seconds.get(second) ?? 0) + 1);
  }
  const most = Math.max(...seconds.values());
  const even = SIZE.playing / seconds.size;
  say(`refreshes in the busiest second: ${most}`);
  return {
    what: '100,000 subscribers who were published in one moment, for longer than the server grants (900 s): refreshes in the busiest second',
    measured: `${most}, where ${even.toFixed(0)} would be even`,
    goal: 'at most 1.3 times as many',
    met: most <= even * 1.3,
  };
}
