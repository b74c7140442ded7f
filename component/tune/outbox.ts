import { DelayedError, type Job } from 'bullmq';
import { decideShowing, type Showing, visibleTo } from '../../domain/playing/showing.ts';
import { shownBy, type Told, tellingTime } from '../../domain/playing/told.ts';
import { fingerprint, type Tune } from '../../domain/playing/tune.ts';
import type { ComponentConfig } from '../../runtime/config/config.ts';
import type { Situation } from '../../store/playing/situation.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Context, With } from '../context.ts';
import { NoAccount } from '../server/server.ts';
import { convergeAccess, letGo, readAccess } from './access.ts';
import { atPresentJid } from './former-tune.ts';
import { publish } from './publish.ts';

/** Milliseconds until a subscriber without an account on the server is looked at again. */
const NO_ACCOUNT = 60_000;

type OutboxConfig = Pick<ComponentConfig, 'publishInterval'>;

export type Outbox = (id: string, job: Job, token: string) => Promise<void>;

/**
 * The `tune` job: makes the server show what the store says is playing now, to those who may see it, whatever has happened since
 * the job was asked for.
 */
export function createOutbox(context: With<'nodes'>, config: OutboxConfig): Outbox {
  const { stores, queues } = context;

  return async (id, job, token) => {
    const seen = await stores.situations.read(id, 'xmpp');
    if (!seen) return stores.nowPlaying.forget(id);
    const told = await atPresentJid(context, seen.subscriber, seen.told);
    const time = context.now();
    const round: Round = { seen, told, time, showing: decideShowing(seen, time) };
    try {
      const done =
        (!(seen.access || seen.parting) || (await shutOut(context, round))) &&
        (await show(context, round, config, job, token));
      // The subscriber has another JID by now.
      if (!done) await queues.enqueue('tune', [id]);
    } catch (err) {
      if (!(err instanceof NoAccount)) throw err;
      await giveUp(context, seen);
    }
  };
}

/** One run of the job. `told` follows what is told to the server. */
type Round = { seen: Situation; told: Told; time: number; showing: Showing };

/**
 * Who may not see the tune any more is told nothing by the server (XEP-0060 has no message for it) and would go on showing it: so
 * they get the empty tune first, with everybody else, and only then lose the access. Nor may a node be opened, which it is for a
 * tune that nobody may see, before that tune is out of it. False when the subscriber has another JID by now.
 */
async function shutOut(context: With<'nodes'>, round: Round): Promise<boolean> {
  const { stores } = context;
  const { seen, told, time, showing } = round;
  const { id, jid } = seen.subscriber;
  const task = await readAccess(context, seen, showing);
  const closed = task.shutsOut || showing.audience === 'nobody';
  if (closed && shownBy(told) !== '') {
    if (!(await tell(context, seen.subscriber, undefined, time))) return false;
    // The tune comes back at once for those who are left.
    round.told = { state: 'hidden', at: time, address: jid };
    await stores.told.note(id, 'xmpp', round.told);
  } else if (task.changes.length > 0 && shownBy(told) !== '') {
    // Somebody who may see the tune from now on gets it with the next publish only.
    if (!(await stores.told.begin(seen.subscriber, 'xmpp', time))) return false;
    round.told = { state: 'unknown', at: time, address: jid };
  }
  return convergeAccess(context, seen, task);
}

/** False when the subscriber has another JID by now. */
async function show(
  context: With<'nodes'>,
  round: Round,
  config: OutboxConfig,
  job: Job,
  token: string,
): Promise<boolean> {
  const { seen, told, time, showing } = round;
  const { id, jid } = seen.subscriber;
  const wanted = visibleTo(showing, 'each-friend')?.tune;
  const news = fingerprint(wanted) !== shownBy(told);
  if (news) {
    const earliest = tellingTime(told, wanted, config.publishInterval);
    if (earliest > time) return waitUntil(context, earliest, seen, job, token);
    if (!(await tell(context, seen.subscriber, wanted, time))) return false;
    const hidden = wanted === undefined && showing.playing !== undefined;
    round.told = hidden
      ? { state: 'hidden', at: time, address: jid }
      : { state: 'told', fingerprint: fingerprint(wanted), at: time, address: jid };
  }
  await context.stores.nowPlaying.finish(id, 'xmpp', seen, {
    told: news ? round.told : undefined,
    ranOut: showing.ranOut,
    access: showing.audienceUntil === undefined,
    again: showing.until,
  });
  return true;
}

/** False when the subscriber has another JID by now: nothing is said under the old one. */
async function tell(
  context: With<'nodes'>,
  subscriber: Subscriber,
  tune: Tune | undefined,
  time: number,
): Promise<boolean> {
  if (!(await context.stores.told.begin(subscriber, 'xmpp', time))) return false;
  await publish(context, subscriber.jid, tune);
  return true;
}

/** There is no such account, which no retry will mend. Nothing is shown, so nobody has to wait for it to be cleared. */
async function giveUp(context: Context, { subscriber: { id } }: Situation): Promise<void> {
  const { stores, log, now } = context;
  log.warn({ subject: id }, 'the subscriber has no account on the XMPP server');
  await stores.told.forget(id, 'xmpp');
  await letGo(context, id, await stores.sharing.partings(id));
  await stores.due.postpone('tune', id, now() + NO_ACCOUNT);
}

/** A stop that came while the job was being put off must not wait with it. */
async function waitUntil(
  { stores, queues }: Context,
  earliest: number,
  seen: Situation,
  job: Job,
  token: string,
): Promise<never> {
  await job.moveToDelayed(earliest, token);
  const { generation } = await stores.nowPlaying.read(job.data.id);
  if (generation !== seen.generation) await queues.enqueue('tune', [job.data.id]);
  throw new DelayedError();
}
