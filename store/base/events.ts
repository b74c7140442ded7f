import type { Listening } from '../../runtime/redis/listening.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from './keys.ts';
import { type Batch, byPartition } from './partitions.ts';
import { readRecord } from './record.ts';
import { defineLua, defineScript } from './script.ts';
import { slicesOf } from './slices.ts';

/**
 * What changed about a subscriber. It says nothing personal: the listener reads the state itself,
 * so a message that comes twice does no harm. `friends` names the friend who was added or removed;
 * `blocks`: who is blocked, or no longer is, and that all of it is decided; `tokens`: one or all were revoked; `stream`: of a carrier's event stream, and no
 * subscriber, that there is something to tell, or that another has taken its place. `trace`: the place of the request in its trace, where it is traced (`runtime/cause`).
 */
export type Change =
  | { what: 'now-playing'; trace?: string | undefined }
  | { what: 'presence' }
  | { what: 'avatar' }
  | { what: 'friends'; id: string }
  | { what: 'blocks' }
  | { what: 'tokens' }
  | { what: 'stream' }
  | { what: 'gone' };

export const NOW_PLAYING = JSON.stringify({ what: 'now-playing' } satisfies Change);

export const BLOCKS = JSON.stringify({ what: 'blocks' } satisfies Change);

/** What is told of another tune. */
export function playingNews(trace: string | undefined): string {
  return trace === undefined ? NOW_PLAYING : JSON.stringify({ what: 'now-playing', trace } satisfies Change);
}

/**
 * For scripts that tell in the step that makes the change. Since Redis 7.0 a channel can belong to a
 * slot: in a cluster only the node that has the subscriber is told, whose listeners are connected to
 * it, while an ordinary message goes to every node over connections that may lose it.
 */
export const TELL_AT = defineLua({
  lua: `
local function tellAt(channel, change) redis.call(redis.REDIS_VERSION_NUM and 'SPUBLISH' or 'PUBLISH', channel, change) end`,
});

/** The same in the channel `events`. */
export const TELL = defineLua({
  uses: [TELL_AT],
  args: ['events'],
  lua: `
local function tell(change) tellAt(events, change) end`,
});

/** `subscriber`: whose channel it is, which is in the same slot. */
const TELL_ALL = defineScript({
  uses: [TELL],
  keys: ['subscriber'],
  lists: ['changes'],
  lua: `
for _, change in ipairs(changes) do tell(change) end`,
});

/** Tells of these changes, in their order, in the step in which they are written. */
export function tellIn(batch: Batch, keys: Keys, id: string, changes: readonly Change[]): void {
  const places = { subscriber: keys.subscriber(id) };
  for (const some of slicesOf(changes.map((change) => JSON.stringify(change))))
    TELL_ALL.add(batch, places, { events: keys.events(id), changes: some });
}

export type Events = ReturnType<typeof createEvents>;

/** Redis pub/sub, a channel for each subscriber. Best effort: a listener that was away reads everything anew. */
export function createEvents(redis: Redis, keys: Keys) {
  return {
    async tell(id: string, change: Change): Promise<void> {
      const words = { events: keys.events(id), changes: [JSON.stringify(change)] };
      await TELL_ALL.run(redis, { subscriber: keys.subscriber(id) }, words);
    },
  };
}

export type EventSource = ReturnType<typeof createEventSource>;

/**
 * The listening side; needs a connection of its own. Whoever follows it hears it all, and shares it
 * out. `sharded`: whether channels belong to slots, as they do where Redis can.
 */
export function createEventSource(connection: Listening, keys: Keys, sharded: boolean) {
  const hearers: ((id: string, change: Change) => void)[] = [];
  /** Who is being given up, until that is answered. */
  const leaving = new Map<string, Promise<unknown>>();

  function dispatch(message: string, channel: string): void {
    // Nearly all are of this kind.
    const change: Change =
      message === NOW_PLAYING ? { what: 'now-playing' } : readRecord<Change>(message, 'a change that is told');
    const id = keys.toldBy(channel);
    for (const hear of hearers) hear(id, change);
  }

  return {
    /** `heard`: of every change; `missed`: the connection is back, and what was told meanwhile was not heard. */
    follow(heard: (id: string, change: Change) => void, missed: () => void): void {
      hearers.push(heard);
      connection.on('ready', missed);
    },

    /** Hears of these subscribers from now on. */
    async listen(ids: readonly string[]): Promise<void> {
      // Noted by the library as heard, or on the way there, they would be lost with what gives them up (decision 219).
      await Promise.all(new Set(ids.flatMap((id) => leaving.get(id) ?? [])));
      const hear = sharded ? connection.sSubscribe : connection.subscribe;
      await Promise.all(
        partsOf(ids).map(async (those) => {
          for (const some of slicesOf(those)) await hear.call(connection, some.map(keys.events), dispatch);
        }),
      );
    },

    /** Where the connection breaks meanwhile, they may be heard until this is called of them again. */
    async unlisten(ids: readonly string[]): Promise<void> {
      const leave = sharded ? connection.sUnsubscribe : connection.unsubscribe;
      const slices = partsOf(ids).flatMap((those) => slicesOf(those));
      const left = Promise.allSettled(slices.map((some) => leave.call(connection, some.map(keys.events), dispatch)));
      for (const id of ids) leaving.set(id, left);
      await left;
      for (const id of ids) if (leaving.get(id) === left) leaving.delete(id);
    },
  };

  /** Channels of one call share a slot. */
  function partsOf(ids: readonly string[]): (readonly string[])[] {
    return sharded ? [...byPartition(ids).values()] : [ids];
  }
}
