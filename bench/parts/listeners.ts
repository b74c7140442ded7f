import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { traffic } from '../../test/support/redis.ts';
import {
  appear,
  befriend,
  type ListenersWorld,
  type Member,
  startListenersWorld,
  writeMembers,
} from '../people/crowd-of-listeners.ts';
import { type Row, timeRow } from '../report/rows.ts';

/**
 * `warm`: streams before those whose memory is measured; `atOnce`: those that come together, the
 * last. `friends`: of each who listens, all of whom listen, too. `rate`: changes a second, for `duration`
 * milliseconds. `page`: the friends of one subscriber, of whom so many are online and listen.
 */
export const LISTENERS = {
  ...{ streams: 10_000, warm: 2_000, atOnce: 1_000, lanes: 32, friends: 10 },
  ...{ rate: 500, duration: 15_000, settle: 3_000 },
  page: { friends: 500, online: 50, tunes: 200, rate: 20 },
  goals: { line: 50, stall: 50, memory: 12 },
} as const;

/** kB beside the heap that count for a stream at least, as a bare server of Node takes them: less is seen where pages of the heap are given back meanwhile (decision 309). */
const BARE = 2.6;

type Say = (line: string) => void;
type Times = { times: number[]; bytes: number; ended: number };

/** What event streams cost: memory, time until a change is told, and a thousand that come at once. */
export async function listeners(folder: string, say: Say): Promise<Row[]> {
  const world = await startListenersWorld(folder);
  try {
    const { streams, page } = LISTENERS;
    say(`Writing ${streams} subscribers who listen …`);
    const all = await writeMembers(world, streams + page.friends + 1);
    const [crowd, [owner, ...friends]] = [all.slice(0, streams), all.slice(streams)];
    if (!owner) throw new Error('There is nobody whose page it is.');
    const pageRows = await onePage(world, owner, friends, say);
    await befriend(world, crowd, (i) => neighbours(i, crowd.length));
    await appear(world, crowd);
    return [...(await manyStreams(world, crowd, say)), ...pageRows];
  } finally {
    await world.stop();
  }
}

function neighbours(i: number, count: number): number[] {
  const half = LISTENERS.friends / 2;
  return Array.from({ length: half }, (_, step) => [(i + step + 1) % count, (i - step - 1 + count) % count]).flat();
}

async function manyStreams(world: ListenersWorld, crowd: readonly Member[], say: Say): Promise<Row[]> {
  const { streams, warm, atOnce, lanes, goals } = LISTENERS;
  const { watch, listening } = world;
  // The first fill what the process has of room without them.
  await openAll(world, crowd.slice(0, warm), lanes);
  const before = await memoryOf(world);
  await openAll(world, crowd.slice(warm, -atOnce), lanes);
  const after = await memoryOf(world);
  const each = (name: keyof Memory) => (after[name] - before[name]) / 1024 / (streams - warm - atOnce);
  const [heap, beside, system] = [each('heap'), each('beside'), each('system') / ENDS];
  const stall = await openAll(world, crowd.slice(-atOnce), atOnce);
  await sleep(LISTENERS.settle);
  const commands = await commandsFor(world, crowd);
  await watch.longest();
  const { times, lost } = await changes(world, crowd);
  const longest = await watch.longest();
  const { ended } = await listening.ask<Times>({ what: 'collect' });
  say(
    `While ${LISTENERS.rate} changed a second the loop was held for ${longest.toFixed(0)} ms at most; ${lost} lines lost`,
  );
  return [
    row(
      `Memory of the gateway for each event stream: heap, and beside it, which counts as ${BARE} kB at least`,
      `${heap.toFixed(1)} kB and ${beside.toFixed(1)} kB`,
      `at most ${goals.memory} kB`,
      heap + Math.max(beside, BARE) <= goals.memory,
    ),
    row('What the system keeps for the connection of an event stream', `${system.toFixed(1)} kB`, '', undefined),
    row('Event streams held by one gateway', `${streams - ended}`, `${streams}`, ended === 0),
    timeRow(
      `From a change until its line at a listener, ${streams} streams, ${LISTENERS.rate} changes a second, ${LISTENERS.friends} listeners each`,
      times,
      goals.line,
      say,
    ),
    row(
      `${atOnce} streams that open at once beside ${streams - atOnce}: longest stall of the event loop`,
      `${stall.toFixed(0)} ms`,
      `at most ${goals.stall} ms`,
      stall <= goals.stall,
    ),
    row(
      `Commands to Redis for one change that ${LISTENERS.friends} hear of, its own included`,
      commands.toFixed(1),
      '',
      undefined,
    ),
  ];
}

/**
 * In bytes. `heap`: what is there that is no garbage; `beside`: what the process has in memory beside its heap, which are objects of Node's own;
 * `system`: all that the kernel keeps in small objects, those of connections among them (decision 309).
 */
type Memory = { heap: number; beside: number; system: number };

/** A connection has two ends, and both are on this machine. */
const ENDS = 2;

async function memoryOf({ watch, gateway: { pid } }: ListenersWorld): Promise<Memory> {
  await sleep(LISTENERS.settle);
  const { heapUsed, heapPhysical } = await watch.memory();
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const beside = bytesOf(status, 'RssAnon') + bytesOf(status, 'VmSwap') - heapPhysical;
  return { heap: heapUsed, beside, system: bytesOf(readFileSync('/proc/meminfo', 'utf8'), 'Slab') };
}

/** From a line of proc(5). */
function bytesOf(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0) * 1024;
}

/** All that Redis is told meanwhile, less what it is told without changes: heartbeats have tokens looked at. */
async function commandsFor(world: ListenersWorld, crowd: readonly Member[]): Promise<number> {
  const { rate } = LISTENERS;
  const told = async (during: Promise<unknown>) => {
    const { commands } = await traffic(world.redis);
    await during;
    return (await traffic(world.redis)).commands - commands;
  };
  const idle = await told(sleep(10_000));
  const busy = await told(Promise.all([sleep(10_000), playEach(world, rate, rate / 5, (i) => crowd[i * 7] as Member)]));
  return (busy - idle) / rate;
}

/** Milliseconds for which the gateway's event loop was held at most. */
async function openAll(
  { watch, listening, port }: ListenersWorld,
  members: readonly Member[],
  atOnce: number,
): Promise<number> {
  await watch.longest();
  const tokens = members.map(({ token }) => token);
  await listening.ask({ what: 'open', port, tokens, atOnce });
  return watch.longest();
}

/** What they are told of each change: milliseconds, of those that came. */
async function changes(world: ListenersWorld, crowd: readonly Member[]): Promise<{ times: number[]; lost: number }> {
  const { rate, duration, friends } = LISTENERS;
  const count = (rate * duration) / 1_000;
  // What was told before is not of these.
  await world.listening.ask({ what: 'collect' });
  await playEach(world, count, rate, (i) => crowd[(i * 7919) % crowd.length] as Member);
  await sleep(LISTENERS.settle);
  const { times } = await world.listening.ask<Times>({ what: 'collect' });
  return { times, lost: count * friends - times.length };
}

async function playEach(
  { stores }: ListenersWorld,
  count: number,
  rate: number,
  who: (i: number) => Member,
): Promise<void> {
  const begun = performance.now();
  const stored: Promise<boolean>[] = [];
  for (let i = 0; i < count; i += 1) {
    const wait = begun + (i * 1_000) / rate - performance.now();
    if (wait > 1) await sleep(wait);
    const [at, now] = [Number(process.hrtime.bigint()) / 1e6, Date.now()];
    const tune = { kind: 'audio' as const, title: `sent ${at}`, artist: 'Somebody', source: 'An album', length: 240 };
    stored.push(
      stores.nowPlaying.play(who(i).id, { device: 'phone', tune, since: now, expiresAt: now + 245_000 }, now),
    );
  }
  await Promise.all(stored);
}

/** Somebody with many friends on the page: what a tune of its own and one of a friend cost the gateway. */
async function onePage(world: ListenersWorld, owner: Member, friends: readonly Member[], say: Say): Promise<Row[]> {
  const { page } = LISTENERS;
  const online = friends.slice(0, page.online);
  await befriend(world, [owner, ...friends], (i) => (i === 0 ? friends.map((_, friend) => friend + 1) : [0]));
  await appear(world, online);
  await openAll(world, online, LISTENERS.lanes);
  const before = await world.listening.ask<Times>({ what: 'collect' });
  await openAll(world, [owner], 1);
  const after = await world.listening.ask<Times>({ what: 'collect' });
  say(`The first event with ${page.friends} friends: ${((after.bytes - before.bytes) / 1024).toFixed(0)} kB`);
  const who = `Somebody with ${page.friends} friends on the page, ${page.online} of them online`;
  const each = (what: string, cost: Cost) => row(`${who}: ${what}`, describe(cost), '', undefined);
  return [
    each(`a tune of its own, to ${page.online} listeners`, await costOf(world, () => owner)),
    each('a tune of a friend, to its page', await costOf(world, (i) => online[i % online.length] as Member)),
  ];
}

/** For one tune: processor time of the gateway's main thread in milliseconds, lines, and bytes that were sent. */
type Cost = { time: number; lines: number; bytes: number };

/** Less what the same time takes without tunes: heartbeats, and the look at the loop. */
async function costOf(world: ListenersWorld, who: (i: number) => Member): Promise<Cost> {
  const { tunes, rate } = LISTENERS.page;
  await playEach(world, tunes, rate * 10, who);
  await sleep(500);
  const idle = await timeOf(world, () => sleep((tunes / rate) * 1_000));
  const { bytes } = await world.listening.ask<Times>({ what: 'collect' });
  const busy = await timeOf(world, () => playEach(world, tunes, rate, who));
  const told = await world.listening.ask<Times>({ what: 'collect' });
  return { time: (busy - idle) / tunes, lines: told.times.length / tunes, bytes: (told.bytes - bytes) / tunes };
}

async function timeOf(world: ListenersWorld, during: () => Promise<unknown>): Promise<number> {
  const before = mainThread(world);
  await during();
  await sleep(500);
  return mainThread(world) - before;
}

function describe({ time, lines, bytes }: Cost): string {
  return `${time.toFixed(2)} ms of the gateway's processor, ${lines.toFixed(1)} lines, ${(bytes / 1024).toFixed(1)} kB`;
}

/** Milliseconds of processor time (the first field of schedstat is nanoseconds). */
function mainThread({ gateway: { pid } }: ListenersWorld): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
}

function row(what: string, measured: string, goal: string, met: boolean | undefined): Row {
  return { what, measured, goal, met };
}
