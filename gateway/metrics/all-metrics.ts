import { AggregatorRegistry, type MetricObject } from 'prom-client';
import type { Context } from '../context.ts';
import { fleetMetrics } from './fleet-metrics.ts';

/** The metrics of all processes, in Prometheus' text format (decision 6). */
export async function allMetrics({
  stores,
  metrics,
  census,
  now,
}: Pick<Context, 'stores' | 'metrics' | 'census' | 'now'>): Promise<{ contentType: string; text: string }> {
  const others = await stores.statuses.metrics(metrics.instance, now());
  const shared = await fleetMetrics({ stores, census, now });
  const own = await metrics.registry.getMetricsAsJSON();
  const all = AggregatorRegistry.aggregate([own, shared, ...others].map(asTheyAre));
  return { contentType: all.contentType, text: await all.metrics() };
}

/** Each value has its process among its labels, so the sum of those that are alike is the value itself; prom-client would leave some out. */
function asTheyAre(metrics: unknown): MetricObject[] {
  return (metrics as MetricObject[]).map((metric) => ({ ...metric, aggregator: 'sum' }));
}
