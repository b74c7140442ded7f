import { ENDS_AFTER } from '../../domain/subscription/pauses.ts';
import { grantOf } from '../../service/telling/grant.ts';
import { queueOf } from '../../store/due/makes-due.ts';
import { type Subscription, streamName } from '../../store/subscription/subscription-record.ts';
import type { SinkContext } from './context.ts';

/** Milliseconds after which every stream is looked at again, whatever happens. */
const LOOK_AGAIN = 60_000;
/** Milliseconds after which one that has not begun is forgotten where nobody is there: everybody who changes is noted for it, in range or not. */
const NOT_BEGUN = 600_000;

/**
 * The `sink` job of an event stream, which the gateway tells that somebody is connected to: forgets it with its credential, or when nobody has
 * been there for a month; one that has not begun, of which nothing was told, after ten minutes. When to look again.
 */
export async function lookAfter(context: SinkContext, stream: Subscription): Promise<number | undefined> {
  const { stores, log, now } = context;
  const [grant, { seen }] = await Promise.all([
    grantOf(stores.credentials.get, stream, now()),
    stores.sinkWork.progress(stream.id),
  ]);
  const kept = stream.status === 'ACTIVATION_REQUESTED' ? NOT_BEGUN : ENDS_AFTER;
  const isOver = !grant || now() - Math.max(seen, stream.createdAt) >= kept;
  if (isOver) {
    await stores.subscriptions.forgetStream(stream);
    log.info({ subscription: stream.id }, 'an event stream is forgotten');
  }
  await stores.events.tell(streamName(stream.owner), { what: 'stream' });
  if (!isOver) return now() + LOOK_AGAIN;
  await clearAway(context, stream.id);
  return undefined;
}

/** What is left of one that has no record, or has none yet. */
export async function clearAway({ stores }: Pick<SinkContext, 'stores'>, id: string): Promise<void> {
  await stores.watched.end(id);
  await stores.sinkWork.forget(id);
  // One that has begun in this moment would hear of nothing.
  if (await stores.subscriptions.get(id)) await stores.watched.begin(id);
  else await stores.due.settle(queueOf('sinkAsked'), id, []);
}
