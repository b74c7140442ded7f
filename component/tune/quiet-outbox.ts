import { isElsewhere, workingHome } from '../../domain/account/homes.ts';
import { decideShowing } from '../../domain/playing/showing.ts';
import { letGo } from '../../outlet/admission.ts';
import { leftAddress } from '../../outlet/former-address.ts';
import type { Work } from '../../runtime/queue/queues.ts';
import type { Situation } from '../../store/playing/situation.ts';
import type { Context } from '../context.ts';

/**
 * The `tune` job where the server grants no privileges: what the user's node shows is the affair of the user's own client. What plays
 * ends in time, and nobody waits for a screen to be cleared, nor at an account that was given up.
 */
export function createQuietOutbox(context: Context): Work {
  const { stores, now, home } = context;

  return async (id) => {
    const seen = await stores.situations.read(id, 'xmpp');
    if (!seen) {
      await stores.nowPlaying.forget(id);
      return undefined;
    }
    if (isElsewhere(home, workingHome(seen.subscriber))) return undefined;
    await letGo(context, id, 'xmpp', seen.partings);
    const told = await toldThere(context, seen);
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

/** What was told at the present account; of a former one it is forgotten, which may be freed then. */
async function toldThere(context: Context, { subscriber, told }: Situation): Promise<Situation['told']> {
  const { id, jid } = subscriber;
  if (told.address === undefined || told.address === jid) return told;
  return leftAddress(context, id, 'xmpp', told.address);
}
