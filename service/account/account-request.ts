import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '../../domain/fault.ts';
import { renewing } from '../../runtime/renewing.ts';
import type { AccountState } from '../../store/account/accounts.ts';
import { wake } from '../../store/due/makes-due.ts';
import type { ServiceContext } from '../context.ts';

/** Milliseconds that a caller waits for the XMPP server to make an account. */
const ACCOUNT_PATIENCE = 10_000;
const POLL = 25;
/** Milliseconds after which it says that it goes on waiting. */
const RENEWAL = 1_000;

/** The component of the home with that host. @throws Fault UNAVAILABLE */
export async function requireComponent({ stores }: ServiceContext, host: string): Promise<void> {
  if (!(await stores.statuses.component(host))?.ready)
    throw new Fault(
      'UNAVAILABLE',
      'Accounts cannot be made now: /readyz says what is missing. Try again, or send the jid of an existing account.',
    );
}

/**
 * Has the component make the account, or give it this password when it is there; what came of it, `wanted` when nothing did in time.
 * The caller forgets the request (`accounts.forget`) when it has done what follows: a pending subscriber without one is given up.
 * @throws Fault CONFLICT while somebody else asks for the same account
 */
export async function askForAccount(
  context: ServiceContext,
  id: string,
  password: string,
): Promise<AccountState | undefined> {
  const { stores, queues, now } = context;
  if (!(await stores.accounts.want(id, password, now())))
    throw new Fault('CONFLICT', 'A password of this account is just being set; try again in a moment.');
  await wake(queues, 'accountAsked', [id]);
  return renewing(
    RENEWAL,
    () => stores.accounts.renew(id),
    () => accountState(context, id),
  );
}

async function accountState({ stores, elapsed }: ServiceContext, id: string): Promise<AccountState | undefined> {
  const giveUp = elapsed() + ACCOUNT_PATIENCE;
  for (;;) {
    const state = await stores.accounts.state(id);
    if (state !== 'wanted' || elapsed() > giveUp) return state;
    await sleep(POLL);
  }
}
