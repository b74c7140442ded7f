import { setTimeout as sleep } from 'node:timers/promises';
import { within } from '../within.ts';
import { createFreeLanes, type FreeLanes } from './free-lanes.ts';
import { type Arrivals, newTune, type TestTune } from './tunes.ts';

/** Publishes a tune of the `turn`-th publisher over the `lane`-th way in; settles when it is acknowledged. */
export type Publish = (lane: number, turn: number, tune: TestTune) => Promise<void>;

/** Milliseconds after which a tune that has not arrived is lost. */
const LOST = 15_000;

/**
 * The most that passes: on each lane the next publish goes out when the last one is acknowledged and has reached the
 * friend. Returns events a second at the friends, measured for `duration` ms after `warmUp` ms. `measuring` is told when
 * the measured time begins and ends.
 */
export async function measureRate(
  publish: Publish,
  arrivals: Arrivals,
  { lanes, warmUp, duration }: { lanes: number; warmUp: number; duration: number },
  measuring: (events?: number) => void = () => {},
): Promise<number> {
  let over = false;
  async function drive(lane: number): Promise<void> {
    for (let turn = 0; !over; turn += 1) {
      const tune = newTune();
      const arrived = arrivals.of(tune.title);
      await Promise.all([publish(lane, turn, tune), arrived]);
    }
  }
  async function clock(): Promise<number> {
    await sleep(warmUp);
    const [from, before] = [performance.now(), arrivals.count()];
    measuring();
    await sleep(duration);
    const [to, after] = [performance.now(), arrivals.count()];
    measuring(after - before);
    over = true;
    return ((after - before) * 1000) / (to - from);
  }
  const driving = Promise.all(Array.from({ length: lanes }, (_, lane) => drive(lane)));
  const rate = await within(warmUp + duration + LOST, Promise.race([clock(), driving.then(() => 0)]));
  await within(LOST, driving);
  return rate;
}

/**
 * Milliseconds from sending to arrival, for publishes that are due at a steady `rate` a second whatever comes back. Each goes out on a lane
 * whose last tune has arrived, as the next of the same publisher may be shown in place of one that has not. Where there is none it waits,
 * which is part of its time.
 */
export async function measureLatencies(
  publish: Publish,
  arrivals: Arrivals,
  { lanes, rate, duration }: { lanes: number; rate: number; duration: number },
): Promise<number[]> {
  const count = Math.round((rate * duration) / 1000);
  const start = performance.now();
  const free = createFreeLanes(lanes);
  const all: Promise<number>[] = [];
  for (let i = 0; i < count; i += 1) {
    await sleep(Math.max(0, start + (i * 1000) / rate - performance.now()));
    all.push(measureOne(publish, arrivals, free));
  }
  return within(LOST, Promise.all(all));
}

async function measureOne(publish: Publish, arrivals: Arrivals, free: FreeLanes): Promise<number> {
  const due = performance.now();
  const { lane, turn } = free.now() ?? (await free.next());
  const tune = newTune();
  const arrived = arrivals.of(tune.title);
  await publish(lane, turn, tune);
  const at = await arrived;
  free.giveBack({ lane, turn: turn + 1 });
  return at - due;
}
