import { DelayedError, type Job } from 'bullmq';
import { currentOf, fingerprint, publishTime, type Tune } from '../domain/tune.ts';
import type { PlayingState, Published } from '../store/now-playing.ts';
import type { Subscriber } from '../store/subscriber-record.ts';
import type { Context } from './context.ts';
import { accountExists, publishTune } from './pep.ts';
import { isCondition } from './stanza-error.ts';

/** Milliseconds until a subscriber without an account on the server is looked at again. */
const NO_ACCOUNT = 60_000;

export type Outbox = (id: string, job: Job, token: string) => Promise<void>;

/**
 * The `tune` job: makes the server show what the store says is playing now, whatever has happened since the job was
 * asked for. `interval`: milliseconds between two publishes of one subscriber.
 */
export function createOutbox(context: Context, interval: number): Outbox {
  const { stores, queues, now } = context;

  return async (id, job, token) => {
    const [subscriber, seen, told] = await Promise.all([
      stores.subscribers.record(id),
      stores.nowPlaying.read(id),
      stores.nowPlaying.published(id),
    ]);
    if (!subscriber) return stores.due.settle('tune', id, []);
    const published = await atPresentJid(context, subscriber, told);
    const time = now();
    const wanted = subscriber.state === 'active' ? currentOf(seen.devices, time)?.tune : undefined;
    if (fingerprint(wanted) === published.fingerprint) return finish(context, id, seen, wanted, published.at);
    const earliest = timeFor(wanted, published, interval);
    if (earliest > time) return waitUntil(context, earliest, seen, job, token);
    if (!(await stores.nowPlaying.begin(id, subscriber.jid, time))) return queues.enqueue('tune', [id]);
    if (!(await tell(context, subscriber, wanted))) return stores.due.postpone('tune', id, time + NO_ACCOUNT);
    await finish(context, id, seen, wanted, time);
    await stores.events.tell(id, { what: 'now-playing' });
  };
}

/** What the account of the present JID was told. One that the subscriber has given up is told the empty tune first. */
async function atPresentJid(context: Context, subscriber: Subscriber, told: Published): Promise<Published> {
  const { stores, queues } = context;
  if (told.jid === undefined || told.jid === subscriber.jid) return told;
  if (told.fingerprint !== fingerprint(undefined)) await publish(context, told.jid, undefined);
  await stores.nowPlaying.left(subscriber.id, told.jid);
  await queues.enqueue('roster', [subscriber.id]);
  return { fingerprint: fingerprint(undefined), at: 0, jid: undefined };
}

/** After a publish whose answer was never seen there is nothing to be paced: say it again at once. */
function timeFor(wanted: Tune | undefined, published: Published, interval: number): number {
  return published.fingerprint === undefined ? 0 : publishTime(wanted, published.at, interval);
}

/** False when there is no such account, which no retry will mend. */
async function tell(context: Context, { id, jid }: Subscriber, tune: Tune | undefined): Promise<boolean> {
  const { stores, log } = context;
  if (await publish(context, jid, tune)) return true;
  log.warn({ subject: id }, 'the subscriber has no account on the XMPP server');
  // Nothing is shown and nothing can be cleared, so a subscriber that leaves need not wait for it.
  await stores.nowPlaying.finish(id, undefined, 0, { devices: [], generation: '?' }, [], undefined);
  return false;
}

/** False when there is no such account. */
async function publish({ stream, metrics }: Context, jid: string, tune: Tune | undefined): Promise<boolean> {
  const what = tune ? 'tune' : 'stop';
  try {
    await publishTune(stream, jid, tune);
    metrics.publishes.inc({ what, outcome: 'done' });
    return true;
  } catch (err) {
    metrics.publishes.inc({ what, outcome: 'failed' });
    if (!isCondition(err, 'forbidden') || (await accountExists(stream, jid))) throw err;
    return false;
  }
}

async function finish(
  { stores, now }: Context,
  id: string,
  seen: PlayingState,
  shown: Tune | undefined,
  at: number,
): Promise<void> {
  const time = now();
  const ranOut = seen.devices.filter((playing) => playing.expiresAt <= time);
  const playing = seen.devices.filter((one) => one.expiresAt > time);
  const again = playing.length > 0 ? Math.min(...playing.map((one) => one.expiresAt)) : undefined;
  await stores.nowPlaying.finish(
    id,
    shown,
    at,
    seen,
    ranOut.map((one) => one.device),
    again,
  );
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
