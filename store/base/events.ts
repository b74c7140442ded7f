import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from './keys.ts';

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
export type EventListener = (change: Change) => void;

/** Redis pub/sub, a channel for each subscriber. Best effort: a listener that was away reads everything anew. */
export function createEvents(redis: Redis, keys: Keys) {
  return {
    async tell(id: string, change: Change): Promise<void> {
      await redis.publish(keys.events(id), JSON.stringify(change));
    },
  };
}

export type EventSource = ReturnType<typeof createEventSource>;

/** The listening side; needs a connection of its own. One Redis subscription serves all listeners of a channel. */
export function createEventSource(connection: Redis, keys: Keys) {
  const listeners = new Map<string, Set<EventListener>>();

  function dispatch(message: string, channel: string): void {
    const change = JSON.parse(message) as Change;
    for (const listener of listeners.get(channel) ?? []) listener(change);
  }

  return {
    /** Called when the connection is back: what was told meanwhile was not heard. */
    onGap(listener: () => void): () => void {
      connection.on('ready', listener);
      return () => void connection.off('ready', listener);
    },

    async listen(id: string, listener: EventListener): Promise<void> {
      const channel = keys.events(id);
      const known = listeners.get(channel);
      if (known) known.add(listener);
      else {
        listeners.set(channel, new Set([listener]));
        await connection.subscribe(channel, dispatch);
      }
    },

    async unlisten(id: string, listener: EventListener): Promise<void> {
      const channel = keys.events(id);
      const known = listeners.get(channel);
      if (!known?.delete(listener) || known.size > 0) return;
      listeners.delete(channel);
      await connection.unsubscribe(channel, dispatch);
    },
  };
}
