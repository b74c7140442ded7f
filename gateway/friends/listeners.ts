import { eachInTurns } from '../../runtime/turns.ts';
import type { Change } from '../../store/base/events.ts';
import type { Context } from '../context.ts';
import type { LineWriter, WriterCalls } from '../live/line-writer.ts';
import { GREETING, HEARTBEAT, REPLACED } from '../live/lines.ts';
import { createWheel } from '../live/wheel.ts';
import { type Glance, isReady, type Listener, type Person } from './listener.ts';
import { createLooks } from './looks.ts';
import { createPeople } from './people.ts';
import { askForPair, beBehind, createTelling, tellSeen } from './telling.ts';

/** Milliseconds for which a client may leave untaken what it was sent. */
const STALLED = 60_000;
/** Milliseconds in which a client may take in the last line. */
const GRACE = 5_000;
/** Milliseconds until everything is read again after the store did not answer. */
const TRY_AGAIN = 500;

/** Who opens a stream. `start` begins the answer. */
export type Opener = Pick<Listener, 'id' | 'grant' | 'isAllowed'> & {
  start(calls: WriterCalls): LineWriter;
  left(): void;
};

/** A stream that is open. `replace`: another has taken its place. */
export type Stream = { replace(): void };

export type Listeners = ReturnType<typeof createListeners>;

/**
 * All event streams of this process (decision 167): first `friends` with everything, then what
 * changes. A client that comes back gets `friends` anew, so nothing has to be remembered for it.
 */
export function createListeners(context: Context) {
  const { events, metrics, elapsed } = context;
  const all = new Set<Listener>();
  // What one plays may last for hours.
  const people = createPeople(events, (person) => wheel.forget(person));
  const wheel = createWheel<Listener, Person>(context, {
    beat: (listener) => void beat(listener),
    ring: (person) => looks.note(person),
    round: () => void people.forgetIdle(),
  });
  const looks = createLooks(context, { show, wake: wheel.wake });
  const { tellEverything, findPairs, tellPairs, catchUp } = createTelling(context, { people, looks });
  events.follow(hear, startAnew);

  function hear(id: string, change: Change): void {
    const person = people.get(id);
    if (!person) return;
    for (const listener of person.own) hearOwn(listener, change);
    if (change.what === 'friends' || change.what === 'blocks' || change.what === 'tokens') return;
    if (change.what === 'presence') forgetPresence(person);
    looks.note(person, change.what === 'now-playing' ? change.trace : undefined);
  }

  function hearOwn(listener: Listener, change: Change): void {
    if (change.what === 'gone') close(listener);
    else if (change.what === 'tokens') void check(listener);
    else if (change.what === 'friends' || change.what === 'blocks') {
      if (change.what === 'blocks') listener.blocks = true;
      else askForPair(listener, change.id);
      void work(listener);
    }
  }

  /** What may have been missed is read anew; tokens may have ended, too. */
  function startAnew(): void {
    for (const person of people.all()) forgetPresence(person);
    void eachInTurns([...all], (listener) => {
      listener.everything = true;
      void check(listener).then(() => work(listener));
    });
  }

  /** Of a friend who has changed. */
  function show(person: Person, listener: Listener, glance: Glance): void {
    const told = person.followers.get(listener);
    if (!told) return;
    if (listener.everything || !isReady(listener)) {
      beBehind(listener, person);
      return;
    }
    tellSeen(listener, person, told, glance);
    if (listener.pairs) void work(listener);
  }

  /** Tells what waits to be told, one thing after the other, as long as the client takes it. */
  async function work(listener: Listener): Promise<void> {
    while (isReady(listener)) {
      const next = nextOf(listener);
      if (!next) return;
      listener.state = 'busy';
      const done = await next().then(
        () => true,
        () => false,
      );
      if ((listener.state as Listener['state']) === 'over') return;
      listener.state = 'idle';
      if (!done) return tryAgain(listener);
    }
  }

  function nextOf(listener: Listener): (() => Promise<void>) | undefined {
    if (listener.everything) {
      listener.everything = false;
      return () => tellEverything(listener);
    }
    if (listener.blocks) return () => findPairs(listener);
    if (listener.pairs?.size) return () => tellPairs(listener);
    return listener.behind?.size ? () => catchUp(listener) : undefined;
  }

  /** The store is away: nothing to tell now, everything when it is back. */
  function tryAgain(listener: Listener): void {
    listener.everything = true;
    setTimeout(() => void work(listener), TRY_AGAIN).unref();
  }

  async function check(listener: Listener): Promise<void> {
    if (!(await listener.isAllowed())) close(listener);
  }

  /** Nothing announces that a token has expired; its stream ends at a heartbeat at the latest. */
  async function beat(listener: Listener): Promise<void> {
    const { writer, stalledAt } = listener;
    if (!writer.isFull()) {
      listener.stalledAt = undefined;
      if (!listener.midway) writer.write(HEARTBEAT);
    } else if (stalledAt === undefined) listener.stalledAt = elapsed();
    else if (elapsed() - stalledAt >= STALLED) return writer.destroy();
    await check(listener);
  }

  function close(listener: Listener): void {
    leave(listener);
    listener.writer.end();
    // A client that takes nothing never sees the end.
    setTimeout(() => listener.writer.destroy(), GRACE).unref();
  }

  function leave(listener: Listener): void {
    listener.state = 'over';
    if (!all.delete(listener)) return;
    metrics.openStreams.dec();
    wheel.leave(listener);
    const person = people.get(listener.id);
    if (person) person.own = person.own.filter((one) => one !== listener);
    for (const friend of listener.following) friend.followers.delete(listener);
    listener.following = [];
  }

  async function begin(listener: Listener): Promise<void> {
    const [person] = await people.hear([listener.id]);
    if (listener.state === 'over') return;
    if (person) person.own = person.own.concat(listener);
    // It may have been revoked after the request was let in, before anybody listened.
    await check(listener);
    await work(listener);
  }

  return {
    /** Begins a stream; `left` is called once, when it is over. */
    open({ id, grant, isAllowed, start, left }: Opener): Stream {
      const listener: Listener = {
        id,
        grant,
        isAllowed,
        following: [],
        state: 'idle',
        midway: false,
        everything: true,
        blocks: false,
        pairs: undefined,
        behind: undefined,
        stalledAt: undefined,
        writer: start({
          drained: () => void work(listener),
          closed: () => {
            leave(listener);
            left();
          },
        }),
      };
      listener.writer.write(GREETING);
      all.add(listener);
      metrics.openStreams.inc();
      wheel.join(listener);
      begin(listener).catch(() => listener.writer.destroy());
      return {
        replace() {
          if (!listener.midway) listener.writer.write(REPLACED);
          close(listener);
        },
      };
    },

    /** Ends all of them, for good. */
    stop(): void {
      wheel.stop();
      for (const listener of all) close(listener);
    },
  };
}

function forgetPresence(person: Person): void {
  person.presence = undefined;
  person.presences += 1;
}
