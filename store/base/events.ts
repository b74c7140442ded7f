import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from './keys.ts';
import { slicesOf } from './slices.ts';

/**
 * What changed about a subscriber. It says nothing personal: the listener reads the state itself,
 * so a message that comes twice does no harm. `friends` names the friend who was added or removed;
 * `tokens`: one or all were revoked.
 */
export type Change =
  | { what: 'now-playing' }
  | { what: 'presence' }
  | { what: 'avatar' }
  | { what: 'friends'; id: string }
  | { what: 'tokens' }
  | { what: 'gone' };

/** For scripts that tell in the step that makes the change: `redis.call('PUBLISH', channel, NOW_PLAYING)`. */
export const NOW_PLAYING = JSON.stringify({ what: 'now-playing' } satisfies Change);

export type Events = ReturnType<typeof createEvents>;

/** Redis pub/sub, a channel for each subscriber. Best effort: a listener that was away reads everything anew. */
export function createEvents(redis: Redis, keys: Keys) {
  return {
    async tell(id: string, change: Change): Promise<void> {
      await redis.publish(keys.events(id), JSON.stringify(change));
    },
  };
}

export type EventSource = ReturnType<typeof createEventSource>;

/** The listening side; needs a connection of its own. There is one who hears it all, and shares it out. */
export function createEventSource(connection: Redis, keys: Keys) {
  let hear: (id: string, change: Change) => void = () => {};

  function dispatch(message: string, channel: string): void {
    // Nearly all are of this kind.
    const change: Change = message === NOW_PLAYING ? { what: 'now-playing' } : JSON.parse(message);
    hear(keys.toldBy(channel), change);
  }

  return {
    /** `heard`: of every change; `missed`: the connection is back, and what was told meanwhile was not heard. */
    follow(heard: (id: string, change: Change) => void, missed: () => void): void {
      hear = heard;
      connection.on('ready', missed);
    },

    /** Hears of these subscribers from now on. */
    async listen(ids: readonly string[]): Promise<void> {
      for (const some of slicesOf(ids)) await connection.subscribe(some.map(keys.events), dispatch);
    },

    async unlisten(ids: readonly string[]): Promise<void> {
      for (const some of slicesOf(ids)) await connection.unsubscribe(some.map(keys.events), dispatch);
    },
  };
}
