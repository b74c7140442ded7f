import { eachInTurns } from '../../runtime/turns.ts';
import type { BegunStream } from '../../service/telling/streams.ts';
import { createWalks } from '../../service/telling/walks.ts';
import { wake } from '../../store/due/makes-due.ts';
import { streamName } from '../../store/subscription/subscription-record.ts';
import type { Context } from '../context.ts';
import type { LineWriter, WriterCalls } from '../live/line-writer.ts';
import { frame, GREETING, HEARTBEAT, REPLACED } from '../live/lines.ts';
import { createWheel } from '../live/wheel.ts';
import { writeBookmark } from './bookmark.ts';
import type { OpenStream } from './open-stream.ts';
import { type Ending, endingOf, type InTurn, takeTurn } from './turn.ts';

/** Milliseconds for which a client may leave untaken what it was sent. */
const STALLED = 60_000;
/** Milliseconds in which a client may take in the last line. */
const GRACE = 5_000;
/** Milliseconds until it goes on after the store did not answer. */
const TRY_AGAIN = 500;
/** Milliseconds for which every turn has failed when a stream ends: its client then sees that nothing comes, and another gateway may do better. */
const FAILING = 180_000;
/** Milliseconds for which a stream stands in the wheel; after that a heartbeat looks. */
const SOON = 30_000;
/** Milliseconds between two notes that somebody is connected: one that waits to begin is forgotten after ten minutes without. */
const SEEN = 180_000;

/** Who opens a stream. `start` begins the answer; `left` is told once that it is over. */
export type Opener = {
  begun: BegunStream;
  isAllowed(): Promise<boolean>;
  start(calls: WriterCalls): LineWriter;
  left(): void;
};

export type Streams = ReturnType<typeof createStreams>;

/** The event streams of credentials that are open in this process (decision 242). */
export function createStreams(context: Context) {
  const { stores, queues, events, metrics, log, now, elapsed } = context;
  const all = new Set<OpenStream>();
  const walks = createWalks<OpenStream>();
  const wheel = createWheel<OpenStream, OpenStream>(context, {
    beat: (stream) => void beat(stream).catch(() => {}),
    ring: (stream) => void work(stream),
    round: () => {},
  });
  events.follow(
    (name, { what }) => {
      if (what === 'stream') for (const stream of all) if (streamName(stream.owner) === name) hear(stream);
    },
    () => void eachInTurns([...all], (stream) => void work(stream)),
  );

  function hear(stream: OpenStream): void {
    // A turn may wait for long for a client that takes nothing.
    if (stream.isBusy) void check(stream).catch(() => {});
    void work(stream);
  }

  async function check(stream: OpenStream): Promise<void> {
    const ending = await endingOf(context, stream);
    if (ending) finish(stream, ending);
  }

  /** Turn after turn, until there is nothing to tell. */
  async function work(stream: OpenStream): Promise<void> {
    stream.isAsked = true;
    if (stream.isBusy) return;
    stream.isBusy = true;
    let next = now();
    while (all.has(stream) && (stream.isAsked || next <= now())) {
      stream.isAsked = false;
      const outcome = await tryTurn(stream);
      if (typeof outcome === 'string') finish(stream, outcome);
      else next = outcome;
    }
    stream.isBusy = false;
    if (all.has(stream) && next < now() + SOON) wheel.wake(stream, next);
  }

  async function tryTurn(stream: OpenStream): Promise<number | Ending> {
    try {
      const outcome = await takeTurn(context, stream, inTurnOf(stream));
      stream.failingSince = undefined;
      return outcome;
    } catch (err) {
      return failed(stream, err);
    }
  }

  /** Counted each time, and said once until a turn succeeds. */
  function failed(stream: OpenStream, err: unknown): number | Ending {
    metrics.streamFailures.inc();
    if (stream.failingSince === undefined) {
      stream.failingSince = elapsed();
      log.warn({ err, subscription: stream.id }, 'an event stream cannot go on; it is tried again');
    }
    return elapsed() - stream.failingSince < FAILING ? now() + TRY_AGAIN : 'failing';
  }

  function inTurnOf(stream: OpenStream): InTurn {
    return async (look) => {
      // Whoever has left waits for nothing.
      if (!all.has(stream) || !walks.begin(stream)) return 'waits';
      try {
        return await look();
      } finally {
        callNext(walks.end(stream));
      }
    };
  }

  /** There is a place for it to look at everybody. */
  function callNext(next: OpenStream | undefined): void {
    if (next) void work(next);
  }

  function finish(stream: OpenStream, ending: Ending): void {
    if (!all.has(stream)) return;
    log.info({ subscription: stream.id, reason: ending }, 'an event stream ends');
    if (ending === 'replaced') stream.writer.write(REPLACED);
    // It is forgotten at once, and not when it is looked after next.
    else wake(queues, 'sinkAsked', [stream.id]).catch(() => {});
    close(stream);
  }

  async function beat(stream: OpenStream): Promise<void> {
    const { writer, stalledAt } = stream;
    if (!writer.isFull()) {
      stream.stalledAt = undefined;
      writer.write(HEARTBEAT);
    } else if (stalledAt === undefined) stream.stalledAt = elapsed();
    else if (elapsed() - stalledAt >= STALLED) return writer.destroy();
    if (!(await stream.isAllowed())) return close(stream);
    void work(stream);
    if (elapsed() - stream.seenAt < SEEN) return;
    stream.seenAt = elapsed();
    await stores.sinkWork.see(stream.id, stream.fence, now());
  }

  /** It takes what it is sent, though each beat may meet it full. */
  function drained(stream: OpenStream): void {
    stream.stalledAt = undefined;
  }

  function close(stream: OpenStream): void {
    leave(stream);
    stream.writer.end();
    // A client that takes nothing never sees the end.
    setTimeout(() => stream.writer.destroy(), GRACE).unref();
  }

  function leave(stream: OpenStream): void {
    if (!all.delete(stream)) return;
    stream.left();
    stream.over.abort();
    metrics.openStreams.dec();
    wheel.leave(stream);
    callNext(walks.leave(stream));
    if (![...all].some(({ owner }) => owner === stream.owner))
      events.unlisten([streamName(stream.owner)]).catch(() => {});
    stores.sinkWork.see(stream.id, stream.fence, now()).catch(() => {});
  }

  async function begin(stream: OpenStream): Promise<void> {
    await events.listen([streamName(stream.owner)]);
    // It may have been revoked after the request was let in, before anybody listened.
    if (!(await stream.isAllowed())) return close(stream);
    await work(stream);
  }

  return {
    open({ begun: { stream: subscription, fence, again, isNew }, isAllowed, start, left }: Opener): void {
      const { id, owner, kinds } = subscription;
      const stream: OpenStream = {
        ...{ id, owner, kinds, fence, again, isAllowed, left },
        ...{ position: 0, over: new AbortController(), writing: Promise.resolve(), taking: undefined },
        ...{ isBusy: false, isAsked: false, stalledAt: undefined, failingSince: undefined },
        seenAt: elapsed(),
        writer: start({ drained: () => drained(stream), closed: () => leave(stream) }),
      };
      stream.writer.write(GREETING);
      // An id without data is what a client comes back with that was told nothing yet.
      if (isNew) stream.writer.write(frame(`id: ${writeBookmark({ stream: id, position: 0 })}\n\n`));
      all.add(stream);
      metrics.openStreams.inc();
      wheel.join(stream);
      begin(stream).catch((err: unknown) => {
        failed(stream, err);
        stream.writer.destroy();
      });
    },

    /** Ends all of them, for good. */
    stop(): void {
      wheel.stop();
      for (const stream of all) close(stream);
    },
  };
}
