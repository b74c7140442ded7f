import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { findEjabberd } from '../../local/ejabberd/ejabberd-program.ts';
import type { Stack } from '../../local/stack/stack.ts';
import { inBatches } from '../../runtime/batches.ts';
import { cacheFolder } from '../../test/compatibility/cache.ts';
import { NO_LIMITS } from '../../test/support/stalls/stalls.ts';
import { othersShare, readCpu } from '../cpu.ts';
import { measureLatencies, measureRate, type Publish } from '../load/load.ts';
import type { PublishForm } from '../load/raw-component.ts';
import { earshotWay, rawWay } from '../load/ways.ts';
import { median } from '../median.ts';
import { onStack } from '../on-stack.ts';
import type { Round } from '../parts/measure.ts';
import { type FullRate, fullRate, publishing } from '../parts/publishing.ts';
import { type Audience, gatherAudience } from '../people/audience.ts';
import { goOnline } from '../people/friend.ts';
import { PLAN } from '../plan.ts';
import { type Compared, cpuFigures, type Figure, toFigures } from '../report/figures.ts';
import type { Row } from '../report/rows.ts';
import { type Asked, askingRows, questionOf } from './asking.ts';
import type { ServersDeps } from './deps.ts';

const GOALS = { rate: 0.9, median: 1 } as const;
/** Clients that log in at a time. */
const SIDE_BY_SIDE = 8;

/** One round of each side. */
type Measured = Asked & Compared;

/** What `npm run test:servers` has unpacked of a later ejabberd. */
const LATER = join(cacheFolder(), 'ejabberd-24.12');

/** Tunes through Earshot on the system's ejabberd, and on a later one where it is unpacked, beside a bare component's on the same one. */
export async function onEjabberd(deps: ServersDeps): Promise<Row[]> {
  const rows = await onVersion('', deps);
  return existsSync(LATER) ? [...rows, ...(await onVersion(LATER, deps))] : rows;
}

/** `root`: where it is unpacked; empty: the system's. */
async function onVersion(root: string, { folder, signal, say }: ServersDeps): Promise<Row[]> {
  const { version } = findEjabberd(root);
  const dataDir = join(folder, `ejabberd-${version}`);
  const place = { dataDir, server: 'ejabberd', ejabberd: { root }, env: NO_LIMITS, signal } as const;
  const { pairs, atOwnHalf } = await onStack(place, async (deps) => {
    say(`Making accounts and friendships on ejabberd ${version} …`);
    const audience = await gatherAudience(deps.stack, deps.api, deps.stores, PLAN);
    // ejabberd sends friends nothing of who is away; there the component does (decision 181).
    const online: { close(): void }[] = [];
    for (const part of inBatches(audience.publishers, SIDE_BY_SIDE))
      online.push(...(await Promise.all(part.map((one) => goOnline(deps.stack, one)))));
    const found: Measured[] = [];
    const form = formOf(version);
    const round = async (publish: Publish, rawRate?: number) => oneRound(deps.stack, audience, publish, rawRate);
    for (let i = 0; i < PLAN.rounds; i += 1) {
      const bare = await rawWay(deps.stack, audience.publishers, form);
      const raw = await round(bare.publish).finally(bare.close);
      const careful = await rawWay(deps.stack, audience.publishers, form, questionOf(deps.stack, form));
      const asking = await fullRate(deps.stack, careful.publish, audience).finally(careful.close);
      const way = await earshotWay(deps.stack, audience.publishers);
      await measureRate(way.publish, audience.arrivals, { lanes: PLAN.lanes, warmUp: PLAN.started, duration: 0 });
      const earshot = await round(way.publish, raw.rate).finally(way.close);
      say(
        `ejabberd ${version} alone ${told(raw)}, asked ${asking.rate.toFixed(0)} tunes/s; through Earshot ${told(earshot)}`,
      );
      found.push({ raw, asking, earshot });
    }
    const ownRate = median(found.map(({ earshot }) => earshot.rate));
    const atOwnHalf = await atHalfOf(deps.stack, audience, form, ownRate);
    for (const { close } of online) close();
    audience.leave();
    return { pairs: found, atOwnHalf };
  });
  const { rate, quiet, half } = toFigures(pairs);
  return [
    {
      what: `ejabberd ${version}: tunes that reach a friend, a second, of those of ejabberd alone`,
      measured: `${rate.value.toFixed(2)}: ${rate.earshot.toFixed(0)} of ${rate.raw.toFixed(0)}`,
      goal: `at least ${GOALS.rate}`,
      met: rate.value >= GOALS.rate,
    },
    ...askingRows(version, pairs),
    addedRow(version, 'quiet', quiet.median),
    addedRow(version, 'half load', half.median),
    addedRow(version, 'at half of what goes through Earshot', atOwnHalf),
    {
      what: `ejabberd ${version}: processor time of a tune at the full rate`,
      measured: `alone ${costs(pairs.map(({ raw }) => raw))}; asked ${costs(pairs.map(({ asking }) => asking))}; through Earshot ${costs(pairs.map(({ earshot }) => earshot))}`,
      goal: '',
      met: undefined,
    },
    roomRow(version, rate.raw, pairs),
    othersRow(version, pairs),
  ];
}

/** What a tune may take of all processors for the goal of the rate, what it takes, and what of it would be there without Earshot. */
function roomRow(version: string, rawRate: number, pairs: readonly Measured[]): Row {
  const room = (cpus().length * 1_000) / (GOALS.rate * rawRate);
  const takes = (side: keyof Measured) =>
    cpuFigures(pairs.map((pair) => pair[side]))
      .reduce((sum, [, ms]) => sum + ms, 0)
      .toFixed(2);
  return {
    what: `ejabberd ${version}: processor time that a tune takes of this machine, and may take for ${GOALS.rate} where none is idle; what the bare component’s publish takes, and its publish and question`,
    measured: `${takes('earshot')} ms, ${room.toFixed(2)} ms; ${takes('raw')} ms, ${takes('asking')} ms`,
    goal: '',
    met: undefined,
  };
}

function othersRow(version: string, pairs: readonly Compared[]): Row {
  const most = Math.max(...pairs.flatMap(({ raw, earshot }) => [raw, earshot]).map(({ others }) => others));
  return {
    what: `ejabberd ${version}: what other programs used of this machine meanwhile`,
    measured: `${(most * 100).toFixed(0)} % at most in a round`,
    goal: '',
    met: undefined,
  };
}

/** Medians, at half of this rate: half of what ejabberd alone reaches is nearly all that goes through Earshot. */
async function atHalfOf(stack: Stack, audience: Audience, form: PublishForm, rate: number): Promise<Figure> {
  const plan = { lanes: PLAN.lanes, rate: rate * PLAN.load.half, duration: PLAN.latencyDuration };
  const bare = await rawWay(stack, audience.publishers, form);
  const raw = median(await measureLatencies(bare.publish, audience.arrivals, plan).finally(bare.close));
  const way = await earshotWay(stack, audience.publishers);
  await measureRate(way.publish, audience.arrivals, { lanes: PLAN.lanes, warmUp: PLAN.started, duration: 0 });
  const earshot = median(await measureLatencies(way.publish, audience.arrivals, plan).finally(way.close));
  return { raw, earshot, value: (earshot - raw) / raw };
}

/** The parts that use more than a hundredth of a millisecond. */
function costs(rounds: readonly FullRate[]): string {
  const parts = cpuFigures(rounds).filter(([, ms]) => ms > 0.01);
  return parts.map(([part, ms]) => `${part} ${ms.toFixed(2)} ms`).join(', ');
}

/** What ejabberd of that version takes from a component. */
function formOf(version: string): PublishForm {
  return Number.parseInt(version, 10) < 24 ? 'as the user' : 'privileged, in upper case';
}

async function oneRound(stack: Stack, audience: Audience, publish: Publish, rawRate?: number): Promise<Round> {
  const before = readCpu(stack);
  const published = await publishing(stack, publish, audience, rawRate);
  return { ...published, others: othersShare(before, readCpu(stack)) };
}

function told({ rate, quiet, half, others }: Round): string {
  const times = `${quiet.median.toFixed(1)} and ${half.median.toFixed(1)} ms`;
  return `${rate.toFixed(0)} tunes/s, ${times} (others used ${Math.round(others * 100)} %)`;
}

function addedRow(version: string, load: string, { value, raw, earshot }: Figure): Row {
  return {
    what: `ejabberd ${version}: time to the friend, ${load}, median, which Earshot adds`,
    measured: `${value.toFixed(2)} ×: ${raw.toFixed(2)} ms alone, ${earshot.toFixed(2)} ms through Earshot`,
    goal: `at most ${GOALS.median.toFixed(1)} ×`,
    met: value <= GOALS.median,
  };
}
