import { domainOf } from '../../domain/account/jid.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Context } from '../context.ts';
import type { MadeItems } from '../roster/made-items.ts';
import { NoAccount } from '../server/server.ts';
import { Denied } from '../stream/denied.ts';
import { Unanswered } from '../stream/requests.ts';

type Writing = Pick<Context, 'stores' | 'log'> & { made: Pick<MadeItems, 'writeAll'> };

/**
 * Has the accounts of a home keep all that their subscribers' ledgers say. False where an account has still to be told; undefined where it broke off, as `goesOn` was false.
 */
export async function writeLedgers(
  writing: Writing,
  homeHost: string,
  goesOn: () => boolean,
): Promise<boolean | undefined> {
  const { stores } = writing;
  let isWhole = true;
  for (let page = (await stores.roll.pages()) - 1; page >= 0; page -= 1) {
    const records = await stores.subscribers.records(await stores.roll.page(page));
    for (const record of records) {
      if (!record || domainOf(record.jid) !== homeHost) continue;
      if (!(await writeOne(writing, record))) isWhole = false;
      if (!goesOn()) return undefined;
    }
  }
  return isWhole;
}

/** False where the account has still to be told. */
async function writeOne({ stores, log, made }: Writing, { id, jid }: Subscriber): Promise<boolean> {
  if ((await stores.ledger.whole(id, jid)).size === 0) return true;
  try {
    await made.writeAll(jid, () => stores.ledger.whole(id, jid));
  } catch (err) {
    // In an account that is gone nothing has to be kept. One that refuses would refuse at each connection.
    if (err instanceof Denied && !(err instanceof NoAccount))
      log.warn({ err, subject: id }, 'an account does not take what it is to keep of its roster items');
    if (err instanceof Denied) return true;
    if (!(err instanceof Unanswered)) throw err;
    // One that says nothing must not keep all others waiting: it is its turn on the next connection.
    log.warn({ subject: id }, 'an account does not keep yet which roster items were made');
    return false;
  }
  return true;
}
