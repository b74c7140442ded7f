import type { Log } from '../../runtime/log.ts';
import type { Account } from '../roster/roster-step.ts';
import { Denied } from '../stream/denied.ts';
import { Unanswered } from '../stream/requests.ts';

/**
 * Does the work in an account, whose subscriber may be nobody. Undefined where that account answers badly, or not at all: it is
 * left alone from then on, so that nobody else waits for it.
 * @throws whatever else is wrong, with the stream or with Redis
 */
export type PassOver = <Result>(account: Account, work: () => Promise<Result>) => Promise<Result | undefined>;

/** The log names the subscriber once for each account. */
export function createPassOver(log: Log): PassOver {
  const passed = new Set<string>();

  return async ({ id, jid }, work) => {
    if (passed.has(jid)) return undefined;
    try {
      return await work();
    } catch (err) {
      if (!(err instanceof Denied) && !(err instanceof Unanswered)) throw err;
      passed.add(jid);
      log.warn(
        { err, ...(id !== '' && { subject: id }) },
        'an account is passed over, as the XMPP server does not do there what it is asked: its own jobs go on with it',
      );
      return undefined;
    }
  };
}
