import { retryDelay } from '../domain/book/source.ts';
import { Fault } from '../domain/fault.ts';
import { wake } from '../store/due/makes-due.ts';
import type { SourceInfo } from '../store/source/sources.ts';
import type { Subscriber } from '../store/subscriber/subscriber-record.ts';
import type { SourceContext } from './context.ts';
import { readSource } from './source-read.ts';

/**
 * The `source` job: reads those of a subscriber's network address books whose time has come, side
 * by side; one for which there is no place now is put off. What a server does wrong is noted at the
 * source; only trouble of our own is thrown.
 */
export function createSourceJob(context: SourceContext): (id: string) => Promise<void> {
  const { stores, now } = context;
  return async (id) => {
    const subscriber = await stores.subscribers.get(id);
    const due = subscriber ? (await stores.sources.list(id)).filter(({ next }) => next <= now()) : [];
    const putOff = new Map<string, number>();
    const reads = due.map(async (source) => {
      const again = subscriber && (await readWhenThereIsRoom(context, subscriber, source));
      if (again !== undefined) putOff.set(source.name, now() + again);
    });
    const [failed] = (await Promise.allSettled(reads)).filter((read) => read.status === 'rejected');
    await stores.sources.schedule(id, putOff);
    if (failed) throw failed.reason;
  };
}

/** The milliseconds after which to try again; undefined when it was read. */
async function readWhenThereIsRoom(
  context: SourceContext,
  subscriber: Subscriber,
  source: SourceInfo,
): Promise<number | undefined> {
  const slot = context.slots.take(new URL(source.url).host);
  if ('again' in slot) return slot.again;
  try {
    await readOne(context, subscriber, source, slot.crowdedOut);
  } finally {
    slot.end();
  }
  return undefined;
}

async function readOne(
  context: SourceContext,
  subscriber: Subscriber,
  { name }: SourceInfo,
  crowdedOut: AbortSignal,
): Promise<void> {
  const { stores, queues, metrics, log, config, now } = context;
  const { id } = subscriber;
  const reading = await stores.sources.begin(id, name);
  if (!reading) return;
  try {
    const outcome = await readSource(context, subscriber, reading, crowdedOut);
    await stores.sources.succeed(id, reading, outcome, now(), now() + spread(config.sourceInterval));
    metrics.sourceReads.inc({ outcome: outcome.whole ? 'whole' : 'changes' });
    if (outcome.cards.length > 0) await wake(queues, 'book', [id]);
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
