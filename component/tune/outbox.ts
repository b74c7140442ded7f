import { DelayedError, type Job } from 'bullmq';
import { type Privacy, shares } from '../../domain/friendship/privacy.ts';
import { currentOf, fingerprint, publishTime, type Tune } from '../../domain/playing/tune.ts';
import type { ComponentConfig } from '../../runtime/config.ts';
import type { PlayingState, Published } from '../../store/playing/now-playing.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Context, With } from '../context.ts';
import { NoAccount } from '../server/server.ts';
import { convergeAccess, letGo, readAccess } from './access.ts';
import { atPresentJid } from './former-tune.ts';
import { leftToDo } from './left-to-do.ts';
import { publish } from './publish.ts';

/** Milliseconds until a subscriber without an account on the server is looked at again. */
const NO_ACCOUNT = 60_000;

type OutboxConfig = Pick<ComponentConfig, 'publishInterval' | 'popular'>;

export type Outbox = (id: string, job: Job, token: string) => Promise<void>;

/**
 * The `tune` job: makes the server show what the store says is playing now, to those who may see it, whatever has happened since
 * the job was asked for.
 */
export function createOutbox(context: With<'nodes'>, config: OutboxConfig): Outbox {
  const { stores, queues } = context;

  return async (id, job, token) => {
    // In this order: what is read after `seen` is not older, so nothing that changes meanwhile is taken for seen.
    const [seen, subscriber, told, { privacy }] = await Promise.all([
      stores.nowPlaying.read(id),
      stores.subscribers.record(id),
      stores.nowPlaying.published(id),
      stores.privacies.read(id),
    ]);
    if (!subscriber) return stores.nowPlaying.forget(id);
    const published = await atPresentJid(context, subscriber, told);
    const round: Round = { subscriber, seen, published, privacy, open: true };
    try {
      const done =
        (!seen.access || (await shutOut(context, round))) && (await show(context, round, config, job, token));
      // The subscriber has another JID by now.
      if (!done) await queues.enqueue('tune', [id]);
    } catch (err) {
      if (!(err instanceof NoAccount)) throw err;
      await giveUp(context, subscriber);
    }
  };
}

/** One run of the job. `published` follows what is told to the server; `open`: nobody is being let go of. */
type Round = { subscriber: Subscriber; seen: PlayingState; published: Published; privacy: Privacy; open: boolean };

/**
 * Who may not see the tune any more is told nothing by the server (XEP-0060 has no message for it) and would go on showing it: so
 * they get the empty tune first, with everybody else, and only then lose the access. Nor may a node be opened, which it is for a
 * tune that nobody may see, before that tune is out of it. False when the subscriber has another JID by now.
 */
async function shutOut(context: With<'nodes'>, round: Round): Promise<boolean> {
  const { stores } = context;
  const { subscriber, privacy, published } = round;
  const { id, jid } = subscriber;
  const time = context.now();
  const task = await readAccess(context, subscriber, privacy, time);
  const closed = task.shutsOut || subscriber.state !== 'active' || !shares(privacy, time);
  if (closed && published.fingerprint !== '') {
    if (!(await tell(context, subscriber, undefined, time))) return false;
    // At 0: the tune comes back at once for those who are left.
    await stores.nowPlaying.shown(id, undefined, 0);
    round.published = { fingerprint: '', at: 0, jid };
  } else if (task.changes.length > 0 && published.fingerprint !== '') {
    // Somebody who may see the tune from now on gets it with the next publish only.
    if (!(await stores.nowPlaying.begin(id, jid, published.at))) return false;
    round.published = { fingerprint: undefined, at: published.at, jid };
  }
  const open = await convergeAccess(context, subscriber, task);
  round.open = open === true;
  return open !== undefined;
}

/** False when the subscriber has another JID by now. */
async function show(
  context: With<'nodes'>,
  round: Round,
  config: OutboxConfig,
  job: Job,
  token: string,
): Promise<boolean> {
  const { subscriber, seen, published, privacy, open } = round;
  const time = context.now();
  const playing = currentOf(seen.devices, time);
  const shown = subscriber.state === 'active' && open && shares(privacy, time) ? playing : undefined;
  const wanted = shown?.tune;
  const news = fingerprint(wanted) !== published.fingerprint;
  if (news) {
    const earliest = timeFor(wanted, published, config.publishInterval);
    if (earliest > time) return waitUntil(context, earliest, seen, job, token);
    if (!(await tell(context, subscriber, wanted, time))) return false;
  }
  if (shown && config.popular === 'on')
    await context.stores.recent.note(subscriber.id, privacy.audience, shown.tune, shown.since);
  // What is only hidden comes back without waiting for the interval.
  const at = wanted === undefined && playing ? 0 : time;
  await finish(context, round, wanted, news ? at : published.at);
  if (news) await context.stores.events.tell(subscriber.id, { what: 'now-playing' });
  return true;
}

/** After a publish whose answer was never seen there is nothing to be paced: say it again at once. */
function timeFor(wanted: Tune | undefined, published: Published, interval: number): number {
  return published.fingerprint === undefined ? 0 : publishTime(wanted, published.at, interval);
}

/** False when the subscriber has another JID by now: nothing is said under the old one. */
async function tell(
  context: With<'nodes'>,
  { id, jid }: Subscriber,
  tune: Tune | undefined,
  time: number,
): Promise<boolean> {
  if (!(await context.stores.nowPlaying.begin(id, jid, time))) return false;
  await publish(context, jid, tune);
  return true;
}

/** There is no such account, which no retry will mend. Nothing is shown, so nobody has to wait for it to be cleared. */
async function giveUp(context: Context, { id }: Subscriber): Promise<void> {
  const { stores, log, now } = context;
  log.warn({ subject: id }, 'the subscriber has no account on the XMPP server');
  await stores.nowPlaying.shown(id, undefined, 0);
  await stores.sharing.forgetAccess(id);
  await letGo(context, id, await stores.sharing.partings(id));
  await stores.due.postpone('tune', id, now() + NO_ACCOUNT);
}

async function finish(
  { stores, now }: Context,
  { subscriber, seen, privacy, open }: Round,
  shown: Tune | undefined,
  at: number,
): Promise<void> {
  await stores.nowPlaying.finish(subscriber.id, shown, at, seen, leftToDo(subscriber, seen, privacy, open, now()));
}

/** A stop that came while the job was being put off must not wait with it. */
async function waitUntil(
  { stores, queues }: Context,
  earliest: number,
  seen: PlayingState,
  job: Job,
  token: string,
): Promise<never> {
  await job.moveToDelayed(earliest, token);
  const { generation } = await stores.nowPlaying.read(job.data.id);
  if (generation !== seen.generation) await queues.enqueue('tune', [job.data.id]);
  throw new DelayedError();
}
