import { Fault } from '../domain/fault.ts';
import { retryDelay } from '../domain/source.ts';
import type { SourceInfo } from '../store/sources.ts';
import type { Subscriber } from '../store/subscriber-record.ts';
import type { SourceContext } from './context.ts';
import { readSource } from './source-read.ts';

/**
 * The `source` job: reads those of a subscriber's network address books whose time has come, the ones that answer first. What a server does
 * wrong is noted at the source; only trouble of our own is thrown.
 */
export function createSourceJob(context: SourceContext): (id: string) => Promise<void> {
  const { stores, now } = context;
  return async (id) => {
    const subscriber = await stores.subscribers.get(id);
    if (subscriber)
      for (const source of (await stores.sources.list(id)).sort((a, b) => a.failures - b.failures))
        if (source.next <= now()) await readOne(context, subscriber, source);
    await stores.sources.schedule(id);
  };
}

async function readOne(context: SourceContext, subscriber: Subscriber, { name }: SourceInfo): Promise<void> {
  const { stores, queues, metrics, log, config, now } = context;
  const { id } = subscriber;
  const reading = await stores.sources.begin(id, name);
  if (!reading) return;
  try {
    const outcome = await readSource(context, subscriber, reading);
    await stores.sources.succeed(id, reading, outcome, now(), now() + spread(config.sourceInterval));
    metrics.sourceReads.inc({ outcome: outcome.whole ? 'whole' : 'changes' });
    if (outcome.cards.length > 0) await queues.enqueue('reconcile', [id]);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const delay = retryDelay(reading.source.failures + 1, config.sourceInterval);
    await stores.sources.fail(id, reading, { code: error.code, detail: error.message }, now() + delay);
    metrics.sourceReads.inc({ outcome: 'failed' });
    log.info({ subject: id, code: error.code }, 'a network address book cannot be read');
  }
}

/** Sources that were linked in the same moment shall not be read in the same moment for ever. */
function spread(interval: number): number {
  return Math.round(interval * (1 - Math.random() / 10));
}
