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
  return isOver ? clearAway(context, stream.id) : now() + LOOK_AGAIN;
}

/**
 * What is left of one that has no record, or has none yet. Whoever has read the record before may still note something for it: it is looked at until
 * nothing was left. When to look again.
 */
export async function clearAway({ stores, now }: SinkContext, id: string): Promise<number | undefined> {
  const seen = await stores.due.at(queueOf('sinkAsked'), id);
  const wasWatched = await stores.watched.end(id);
  const wasLeft = await stores.sinkWork.forget(id);
  // One that has begun in this moment would hear of nothing.
  if (await stores.subscriptions.get(id)) await stores.watched.begin(id);
  else if (!wasWatched && !wasLeft) {
    await stores.due.postponeFrom(queueOf('sinkAsked'), id, seen, undefined);
    return undefined;
  }
  return now() + LOOK_AGAIN;
}
