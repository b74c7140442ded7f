import { activate } from '../../service/telling/activation.ts';
import type { TellingContext } from '../../service/telling/context.ts';
import { createDoubting } from '../../service/telling/doubting.ts';
import { grantOf } from '../../service/telling/grant.ts';
import { createLook } from '../../service/telling/look.ts';
import { askEverybody } from '../../service/telling/missed.ts';
import { doubtEverybody, sayRestored } from '../../service/telling/restored.ts';
import { tellAll } from '../../service/telling/tell-all.ts';
import type { Fence } from '../../store/base/fence.ts';
import type { Stores } from '../../store/stores.ts';
import { isSince } from '../../store/subscription/sink-holder.ts';
import { isOver } from '../../store/subscription/subscription-record.ts';
import type { Context } from '../context.ts';
import { type OpenStream, taken } from './open-stream.ts';
import { sendEvent, tellAnew } from './sending.ts';

/** Subscribers of whom one stream is told side by side. */
const SIDE_BY_SIDE = 8;
/** Milliseconds after which a stream that waits to look at everybody asks for its turn by itself. */
const ASKS_AGAIN = 5_000;

/**
 * Why a stream ends. `replaced`: another connection of its owner has taken its place; `lost`: none has, but what is noted of it is gone, or of before
 * it, as where Redis came back without what it was told last; `withdrawn`: its owner may be told nothing more; `failing`: for minutes it could not be looked at.
 */
export type Ending = 'replaced' | 'lost' | 'withdrawn' | 'failing';

/** Why this stream is to end, if it is. */
export async function endingOf(context: Context, stream: OpenStream): Promise<Ending | undefined> {
  const standing = await standingOf(context, stream);
  return typeof standing === 'string' ? standing : undefined;
}

/** The subscription, what its owner may be told now, and the position that was noted last. */
async function standingOf({ stores, now }: Context, { id, owner, fence }: OpenStream) {
  const [subscription, { fence: last, position }] = await Promise.all([
    stores.subscriptions.get(id),
    stores.sinkWork.standing(id),
  ]);
  if (!subscription || isOver(subscription) || last !== fence)
    return (await isReplaced(stores, owner, fence)) ? 'replaced' : 'lost';
  const grant = await grantOf(stores.credentials.get, subscription, now());
  return grant ? { subscription, grant, position } : 'withdrawn';
}

/** Whether the owner's stream, this one or another in its place, was taken over since. */
async function isReplaced({ subscriptions, sinkWork }: Stores, owner: string, fence: Fence): Promise<boolean> {
  const present = await subscriptions.streamOf(owner);
  return present !== undefined && isSince((await sinkWork.standing(present.id)).fence, fence);
}

/** Has this stream look at everybody while few others of this process do (decision 244), or it `waits`, and is woken for it. */
export type InTurn = <T>(look: () => Promise<T>) => Promise<T | 'waits'>;

/**
 * Tells whoever is connected what has changed, as the `sink` job of the worker tells a webhook. Returns when there may be more to tell, in
 * milliseconds since the epoch.
 */
export async function takeTurn(context: Context, stream: OpenStream, inTurn: InTurn): Promise<number | Ending> {
  const { stores, keyedHash, now, elapsed } = context;
  const { id, fence, kinds } = stream;
  await taken(stream);
  const telling: TellingContext = { stores, now, elapsed, stopped: stream.over.signal };
  const standing = await standingOf(context, stream);
  if (typeof standing === 'string') return standing;
  const { subscription, grant } = standing;
  const run = {
    subscription,
    fence,
    post: (event: Parameters<typeof sendEvent>[2]) => sendEvent(context, stream, event),
  };
  const look = createLook(stores, keyedHash, grant);
  if (standing.position < stream.position) {
    await tellAnew(stores, stream);
    return now();
  }
  if (subscription.status === 'ACTIVATION_REQUESTED')
    return now() + ((await inTurn(() => activate(telling, run, look))) === 'waits' ? ASKS_AGAIN : 0);
  if (subscription.restored !== undefined && (await sayRestored(telling, run)) !== 'taken') return now();
  const walked = subscription.restored !== undefined && (await inTurn(() => doubtEverybody(telling, run, look)));
  if (walked === 'done' || walked === 'cut') return now();
  // Of everybody some are still to come: meanwhile it is told what has changed, and nothing that is to be seen no more waits for a place.
  if (stream.again.length > 0) {
    // What they were told, since whichever older data, may not have arrived. Who plays nothing goes before who has changed, and behind withdrawals.
    if (await createDoubting(telling, run, look)(stream.again, { known: true, silent: 'due' })) stream.again = [];
    return now();
  }
  const missed = subscription.missed !== undefined && (await inTurn(() => askEverybody(telling, subscription)));

  /** Whether its owner may be told the same as when the turn began. */
  async function isStillSo(): Promise<boolean> {
    const present = await stores.subscriptions.get(id);
    if (!present || isOver(present) || present.restored !== subscription.restored) return false;
    const granted = await grantOf(stores.credentials.get, present, now());
    return JSON.stringify(granted?.ranges) === JSON.stringify(grant.ranges);
  }

  const ended = await tellAll(
    telling,
    {
      ...{ subscription: id, kinds, fence, look, post: run.post, isStillSo },
      mayTell: () => true,
      // Whoever is connected now has said up to where it was told, and nothing is sent any more by who was overtaken.
      overtaken: async () => {},
    },
    false,
    SIDE_BY_SIDE,
  );
  if (ended !== 'all' || walked === 'more') return now();
  const first = (await stores.sinkWork.first(id)) ?? Number.POSITIVE_INFINITY;
  return walked === 'waits' || missed === 'waits' ? Math.min(first, now() + ASKS_AGAIN) : first;
}
