import { randomBytes } from 'node:crypto';
import type { OutletName } from '../../domain/playing/outlets.ts';
import { sideBySide } from '../../runtime/batches.ts';
import type { Work } from '../../runtime/queue/queues.ts';
import type { ToldLately } from '../../store/due/lately.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Context } from '../context.ts';
import type { XmppServer } from '../server/server.ts';

type Server = Pick<XmppServer, 'lapses' | 'accounts'>;

/** What others do about it. */
export type Again = {
  /** The job of the tune, which tells who may look. */
  tune: Work;
  /** The items of the subscriber's roster among these are intended again. */
  items(context: Context, subscriber: Subscriber, told: readonly ToldLately[]): Promise<void>;
  /** Does the work, unless that account alone answers badly, which keeps nobody else waiting. */
  passOver(account: { id: string; jid: string }, work: () => Promise<void>): Promise<unknown>;
};

/** Subscribers who are looked at side by side. */
const IN_FLIGHT = 50;

/**
 * To be called when a connection begins, before any job runs and before anybody is shown anything.
 * What the server was told before it was last started it may have forgotten (decision 248). So all
 * of that is unknown from now on, and due; and who may look is told at once, by a run of the tune's
 * job. A server that forgets nothing has nothing to be told again. `host`: of the component's home.
 */
export async function tellAgain(context: Context, host: string, server: Server, again: Again): Promise<void> {
  const { stores, log } = context;
  const { lapses } = server;
  if (!lapses) return stores.lately.drop(host, Number.MAX_SAFE_INTEGER);
  const since = await lapses.startedAt();
  const ids = await stores.lately.whose(host, since);
  if (ids.length === 0) return;
  log.info(
    { count: ids.length },
    'the XMPP server was started again, and is told once more what it may have forgotten',
  );
  const { failure } = await sideBySide(ids, IN_FLIGHT, (id) => tellOneAgain(context, server, again, id, since));
  if (failure) throw failure.reason;
  await stores.lately.drop(host, since);
}

async function tellOneAgain(
  context: Context,
  { accounts }: Server,
  { tune, items, passOver }: Again,
  id: string,
  since: number,
): Promise<void> {
  const { stores, log, now } = context;
  const told = await stores.lately.before(id, since);
  const subscriber = await stores.subscribers.record(id);
  if (!subscriber) return;
  for (const [outlet, fields] of byOutlet(told)) await stores.told.doubt(id, outlet, fields, now());
  await items(context, subscriber, told);
  if (told.some(({ what }) => what === 'heard')) await stores.due.postpone('listen', id, now());
  for (const { jid } of those(told, 'account-removed')) await stores.accounts.oursAgain(id, jid);
  if (told.some(({ what }) => what === 'locked-out')) await stores.lockOuts.begin(id, now());
  for (const { jid } of those(told, 'account-made'))
    await passOver({ id, jid }, () => makeAgain(context, accounts, subscriber, jid));
  if (!told.some(({ what }) => what === 'access' || what === 'item')) return;
  await tune(id).catch((err: unknown) => log.warn({ err, subject: id }, 'who may look is not told again yet'));
}

/** The fields of who may look there, by the outlets that were told something. */
function byOutlet(told: readonly ToldLately[]): Map<OutletName, string[]> {
  const outlets = new Map<OutletName, string[]>();
  for (const one of told) {
    if (one.what !== 'shown' && one.what !== 'access') continue;
    const fields = outlets.get(one.outlet) ?? [];
    outlets.set(one.outlet, one.what === 'access' ? [...fields, one.field] : fields);
  }
  return outlets;
}

/** Nobody knows the password any more: whoever may do so sets another. */
async function makeAgain(
  { log }: Context,
  accounts: XmppServer['accounts'],
  { id, jid: present, state }: Subscriber,
  jid: string,
): Promise<void> {
  if (state !== 'active' || jid !== present || (await accounts.exists(jid))) return;
  await accounts.add(jid, randomBytes(24).toString('base64url'));
  log.warn({ subject: id }, 'the XMPP server has forgotten an account; it is there again and needs a new password');
}

/** Those of one kind. */
export function those<What extends ToldLately['what']>(
  told: readonly ToldLately[],
  what: What,
): Extract<ToldLately, { what: What }>[] {
  return told.filter((one): one is Extract<ToldLately, { what: What }> => one.what === what);
}
