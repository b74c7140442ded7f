import { AggregatorRegistry } from 'prom-client';
import type { Context } from '../context.ts';

/** The metrics of all processes, in Prometheus' text format (decision 6). */
export async function allMetrics({
  stores,
  metrics,
  now,
}: Pick<Context, 'stores' | 'metrics' | 'now'>): Promise<{ contentType: string; text: string }> {
  const others = await stores.statuses.metrics(now());
  const own = await metrics.registry.getMetricsAsJSON();
  const all = AggregatorRegistry.aggregate([own, ...others] as Parameters<typeof AggregatorRegistry.aggregate>[0]);
  return { contentType: all.contentType, text: await all.metrics() };
}
