import { Gauge, type MetricObject, Registry } from 'prom-client';
import { OUTLETS } from '../../domain/playing/outlets.ts';
import { QUEUE_NAMES } from '../../runtime/queue/queue-table.ts';
import type { Context } from '../context.ts';
import { countStale } from './stale-tunes.ts';

/**
 * What all processes share, as it is now in Redis: no process's own, so it is asked once for each scrape. It takes about as
 * long whether there are a hundred subscribers or a million.
 */
export async function fleetMetrics({
  stores,
  census,
  now,
}: Pick<Context, 'stores' | 'census' | 'now'>): Promise<MetricObject[]> {
  const registry = new Registry();
  const { processes, due, overdue, subscribers, playing, stale } = createGauges(registry);
  const time = now();
  for (const { role, ready } of await stores.statuses.all()) processes.inc({ role, ready: `${ready}` });
  await Promise.all(
    QUEUE_NAMES.map(async (queue) => {
      due.set({ queue }, await stores.due.waiting(queue));
      overdue.set({ queue }, (await stores.dueAtHome.overdue(queue, time)) / 1_000);
    }),
  );
  await Promise.all(
    OUTLETS.map(async (row) => {
      playing.set({ outlet: row.name }, await stores.dueAtHome.later(row.queue, time));
      stale.set({ outlet: row.name }, await countStale(stores, row, time));
    }),
  );
  for (const [state, count] of Object.entries(census() ?? {})) subscribers.set({ state }, count);
  return registry.getMetricsAsJSON() as unknown as Promise<MetricObject[]>;
}

/** Exported for docs/metrics.md. */
export function createGauges(registry: Registry) {
  const registers = [registry];
  return {
    processes: new Gauge({
      name: 'earshot_processes',
      help: 'Processes that have spoken in the last seven seconds, by role and whether they are ready',
      labelNames: ['role', 'ready'],
      registers,
    }),
    due: new Gauge({
      name: 'earshot_due',
      help: 'Subscribers who are to be looked at, now or later, by queue',
      labelNames: ['queue'],
      registers,
    }),
    overdue: new Gauge({
      name: 'earshot_overdue_seconds',
      help: 'For how long somebody has been due who was not looked at, by queue; 0 where nobody waits',
      labelNames: ['queue'],
      registers,
    }),
    subscribers: new Gauge({
      name: 'earshot_subscribers',
      help: 'Subscribers by state, counted within the last minutes: pending while something about their XMPP account is under way, leaving until all of theirs is undone',
      labelNames: ['state'],
      registers,
    }),
    playing: new Gauge({
      name: 'earshot_tunes_playing',
      help: 'Subscribers of whom something plays that ends later, by outlet',
      labelNames: ['outlet'],
      registers,
    }),
    stale: new Gauge({
      name: 'earshot_tunes_stale',
      help: 'Tunes that an outlet shows, or may show, ten seconds after their end; of many at least so many',
      labelNames: ['outlet'],
      registers,
    }),
  };
}
