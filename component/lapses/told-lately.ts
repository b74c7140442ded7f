import type { ToldLately } from '../../store/due/lately.ts';
import type { Context } from '../context.ts';
import type { XmppServer } from '../server/server.ts';

/**
 * To be called before the server is told these things about the subscriber: one that forgets will
 * be told them again (decision 248).
 */
export async function keepInMind(
  { stores, lapses, now }: Pick<Context, 'stores' | 'now'> & Pick<XmppServer, 'lapses'>,
  id: string,
  things: readonly ToldLately[],
): Promise<void> {
  if (lapses && things.length > 0) await stores.lately.note(id, things, now());
}
