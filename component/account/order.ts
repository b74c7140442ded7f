import type { ServiceContext } from '../../service/context.ts';
import { completeOrder, failOrder } from '../../service/subscriber/orders.ts';
import { Denied } from '../stream/denied.ts';
import { makeAccount } from './account.ts';
import type { AccountContext } from './account-removal.ts';

/** Milliseconds until a server that would not make an account is asked again. */
const REFUSED = 60_000;

/**
 * The `order` job: makes the XMPP account that an import has ordered, and with it the subscriber active. It can be done again from any point;
 * what the server refuses, or is not there for, stays ordered. Whoever is erased waits until its job has ended: what that may have made is
 * deleted then.
 */
export function createOrderJob(context: AccountContext, service: ServiceContext): (id: string) => Promise<void> {
  const { stores, log, advice, now } = context;

  return async (id) => {
    const order = await stores.orders.of(id);
    if (!order) {
      await stores.orders.withdraw(id);
      return stores.due.settle('order', id, []);
    }
    const { subscriber, password } = order;
    if (password === undefined) return failOrder(service, subscriber, 'UNAVAILABLE');
    try {
      const outcome = await makeAccount(context, subscriber, password);
      if (outcome === 'made') await completeOrder(service, subscriber);
      if (outcome === 'taken') await failOrder(service, subscriber, 'ALREADY_EXISTS');
    } catch (err) {
      if (!(err instanceof Denied)) throw err;
      log.error(
        { err, subject: id },
        `the server makes no account, and an import waits for it; ${advice(['accounts'])}`,
      );
      await stores.due.postpone('order', id, now() + REFUSED);
    }
  };
}
