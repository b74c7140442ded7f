import { decideShowing } from '../../domain/playing/showing.ts';
import { letGo } from '../../outlet/admission.ts';
import type { MemoryWork } from '../../runtime/memory-worker.ts';
import type { Context } from '../context.ts';

/**
 * The `tune` job where the server grants no privileges: what the user's node shows is the affair of the user's own client. What plays
 * ends in time, and nobody waits for a screen to be cleared.
 */
export function createQuietOutbox(context: Context): MemoryWork {
  const { stores, now } = context;

  return async (id) => {
    const seen = await stores.situations.read(id, 'xmpp');
    if (!seen) {
      await stores.nowPlaying.forget(id);
      return undefined;
    }
    await letGo(context, id, 'xmpp', seen.partings);
    const { told } = seen;
    const showing = decideShowing({ ...seen, parting: false }, now());
    await stores.nowPlaying.finish(id, 'xmpp', seen, {
      // Nothing was sent, whatever was played.
      told: told.state === 'doubted' ? { now: { ...told, state: 'told' }, begunAt: told.at } : undefined,
      ranOut: showing.ranOut,
      access: showing.audienceUntil === undefined,
      again: showing.until,
    });
    return undefined;
  };
}
