import { bareOf } from '../../../domain/account/jid.ts';
import type { Stream } from '../../stream/stream.ts';

/** Who has come online a moment ago. */
export type Arrivals = { isRecent(jid: string): boolean };

/** Milliseconds in which a user's session learns which contacts are online. */
const MOMENT = 5_000;

/** `now`: milliseconds. */
export function createArrivals(stream: Pick<Stream, 'onStanza'>, now: () => number): Arrivals {
  // In the order of the last presence.
  const arrived = new Map<string, number>();

  stream.onStanza(({ name, attrs }) => {
    if (name !== 'presence' || attrs.type !== undefined) return;
    const jid = bareOf(attrs.from ?? '');
    arrived.delete(jid);
    arrived.set(jid, now());
    for (const [oldest, at] of arrived) {
      if (now() - at < MOMENT) return;
      arrived.delete(oldest);
    }
  });

  return {
    isRecent(jid) {
      const at = arrived.get(jid);
      return at !== undefined && now() - at < MOMENT;
    },
  };
}
