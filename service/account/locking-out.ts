import { wake } from '../../store/due/makes-due.ts';
import type { ServiceContext } from '../context.ts';

/**
 * Whoever could open the XMPP account until now no longer can: the component gives it a password that nobody knows, and logs its
 * clients out, as soon as it can (decision 216). An account that Earshot did not make is left alone.
 */
export async function lockOut({ stores, queues, now }: ServiceContext, id: string): Promise<void> {
  if (await stores.lockOuts.begin(id, now())) await wake(queues, 'accountAsked', [id]);
}
