import { activate } from '../../service/telling/activation.ts';
import type { TellingContext } from '../../service/telling/context.ts';
import { createDoubting } from '../../service/telling/doubting.ts';
import { grantOf } from '../../service/telling/grant.ts';
import { createLook } from '../../service/telling/look.ts';
import { askEverybody } from '../../service/telling/missed.ts';
import { tellRestored } from '../../service/telling/restored.ts';
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
/** Streams of a gateway that look at everybody at a time (decision 244), and milliseconds until others ask for their turn. */
const MOST_WALKING = 4;
const ASKS_AGAIN = 500;

/**
 * Why a stream ends. `replaced`: another connection of its owner has taken its place; `lost`: none has, but what is noted of it is gone, or of before
 * it, as where Redis came back without what it was told last; `withdrawn`: its owner may be told nothing more.
 */
export type Ending = 'replaced' | 'lost' | 'withdrawn';

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

/**
 * Tells whoever is connected what has changed, as the `sink` job of the worker tells a webhook. Returns when there may be more to tell, in
 * milliseconds since the epoch. `walking`: the streams of this process that look at everybody at present.
 */
export async function takeTurn(
  context: Context,
  stream: OpenStream,
  walking: Set<OpenStream>,
): Promise<number | Ending> {
  const { stores, keyedHash, now } = context;
  const { id, fence, kinds } = stream;
  await taken(stream);
  const telling: TellingContext = { stores, now, stopped: stream.over.signal };
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
  const begins = subscription.status === 'ACTIVATION_REQUESTED';
  const isToWalk = begins || subscription.restored !== undefined;
  const walks = isToWalk && walking.size < MOST_WALKING;
  // One that has begun tells meanwhile what has changed: nothing that is to be seen no more waits for a place.
  if (begins && !walks) return now() + ASKS_AGAIN;
  if (walks) walking.add(stream);
  let anew: Awaited<ReturnType<typeof tellRestored>> | undefined;
  try {
    if (begins) await activate(telling, run, look);
    else if (walks) anew = await tellRestored(telling, run, look);
  } finally {
    if (walks) walking.delete(stream);
  }
  // Of everybody some are still to come, after what has changed meanwhile.
  if (walks && anew !== 'more') return now();
  if (stream.again.length > 0) {
    // What they were told, since whichever older data, may not have arrived. Who plays nothing goes before who has changed, and behind withdrawals.
    if (await createDoubting(telling, run, look)(stream.again, { known: true, silent: 'due' })) stream.again = [];
    return now();
  }
  if (subscription.missed !== undefined) await askEverybody(telling, subscription);

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
  if (ended !== 'all' || anew !== undefined) return now();
  const first = (await stores.sinkWork.first(id)) ?? Number.POSITIVE_INFINITY;
  return isToWalk ? Math.min(first, now() + ASKS_AGAIN) : first;
}
