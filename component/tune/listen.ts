import { isElsewhere, workingHome } from '../../domain/account/homes.ts';
import { domainOf } from '../../domain/account/jid.ts';
import { wake } from '../../store/due/makes-due.ts';
import type { Context, With } from '../context.ts';
import { keepInMind } from '../lapses/told-lately.ts';
import type { XmppServer } from '../server/server.ts';
import { Denied } from '../stream/denied.ts';
import { TUNE } from '../stream/tune-namespace.ts';

/** Milliseconds until it is tried again on a server that refused: there may be an account by then, or another configuration. */
const REFUSED = 600_000;

type ListenContext = With<'nodes'> & Pick<XmppServer, 'lapses'>;

/**
 * The `listen` job: makes the server send the component what the subscriber's own clients play, once for each account, and no longer when the
 * subscriber has left it.
 */
export function createListenJob(context: ListenContext): (id: string) => Promise<void> {
  const { stores, log, now } = context;

  return async (id) => {
    const subscriber = await stores.subscribers.record(id);
    if (subscriber?.state === 'pending' || (subscriber && isElsewhere(context.home, workingHome(subscriber)))) return;
    const before = await stores.listening.on(id);
    if (subscriber?.leavesHome !== undefined) return leaveHome(context, id, before);
    const wanted = subscriber?.state === 'active' ? subscriber.jid : undefined;
    if (before !== undefined && before !== wanted) await unsubscribe(context, id, before);
    try {
      if (wanted !== undefined) await subscribe(context, id, wanted);
    } catch (err) {
      if (!(err instanceof Denied)) throw err;
      log.warn({ err, subject: id }, 'what the subscriber’s own client plays cannot be heard');
      return stores.due.postpone('listen', id, now() + REFUSED);
    }
    await stores.listening.settle(id, subscriber, wanted !== undefined);
  };
}

/**
 * The same where the server grants no privileges: who has the component as a contact is heard by that (`greet` and `leave`: of `createContacts`). What it was told
 * before about the present account holds; about a former one it cannot be undone.
 */
export function createContactJob(
  context: Context,
  { greet, leave }: { greet(jid: string): Promise<void>; leave(jid: string): void },
): (id: string) => Promise<void> {
  const { stores } = context;

  return async (id) => {
    const subscriber = await stores.subscribers.record(id);
    if (subscriber?.state === 'pending' || (subscriber && isElsewhere(context.home, workingHome(subscriber)))) return;
    if (subscriber?.leavesHome !== undefined) return heardNoMore(context, id);
    const wanted = subscriber?.state === 'active' ? subscriber.jid : undefined;
    if (wanted !== undefined) await greet(wanted);
    else if (subscriber) leave(subscriber.jid);
    await stores.listening.settle(id, subscriber, wanted !== undefined && (await stores.listening.on(id)) === wanted);
  };
}

async function subscribe(context: ListenContext, id: string, jid: string): Promise<void> {
  const { stores, queues, nodes, now } = context;
  await stores.listening.begin(id, jid);
  // Once for each account; from then on presence tells of a new one.
  if (await stores.avatars.ask(id, jid, undefined, now())) await wake(queues, 'avatarAsked', [id]);
  await keepInMind(context, id, [{ what: 'heard' }]);
  await nodes.listen(jid, TUNE);
}

/** The end of it in an account at this home, whose subscriber has one at another. */
async function leaveHome(context: ListenContext, id: string, before: string | undefined): Promise<void> {
  if (before === undefined) return;
  await unsubscribe(context, id, before);
  await heardNoMore(context, id);
}

/** The account may be free now. */
async function heardNoMore({ stores, queues }: Context, id: string): Promise<void> {
  await stores.listening.end(id);
  await wake(queues, 'leftAddress', [id]);
}

/** A server that refuses keeps nobody from leaving. */
async function unsubscribe({ nodes, log, home }: With<'nodes'>, id: string, jid: string): Promise<void> {
  // Of another home nobody here can speak.
  if (isElsewhere(home, domainOf(jid))) return;
  try {
    await nodes.unlisten(jid, TUNE);
  } catch (err) {
    if (!(err instanceof Denied)) throw err;
    log.warn({ err, subject: id }, 'the account goes on telling what its client plays');
  }
}
