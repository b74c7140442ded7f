import { Fault } from '../../domain/fault.ts';
import type { Access, Calls } from './calls.ts';
import { type DavThread, startDavThread } from './thread.ts';

/** Asks a server, one thing after the other. @throws Fault */
export type Ask = <Op extends keyof Calls>(op: Op, ...ask: Calls[Op]['ask']) => Promise<Calls[Op]['answer']>;

/** Reads servers, each in a thread that can be ended (decision 21). */
export type DavReader = {
  /**
   * Reads a server beside all others, for so many milliseconds, and until `ended`. @throws Fault
   * UNAVAILABLE when the time is over, and what `read` throws
   */
  reading<T>(access: Access, timeLimit: number, read: (ask: Ask) => Promise<T>, ended?: AbortSignal): Promise<T>;
  /** Ends all reads; they are rejected, and not with a Fault: it was not the servers' doing. */
  stop(): Promise<void>;
};

/**
 * Milliseconds within which the thread has to close a session. One that does not is held up by an
 * answer that it should have refused, and is ended with all reads in it.
 */
const CLOSING = 10_000;

/** One thread for all reads, which is made when it is first needed and after it was lost. */
export function createDavReader(): DavReader {
  let thread: DavThread | undefined;
  let sessions = 0;
  let stopped = false;

  function running(): DavThread {
    if (stopped) throw stopping();
    if (!thread || thread.isGone()) thread = startDavThread();
    return thread;
  }
  return {
    async reading(access, timeLimit, read, ended) {
      const on = running();
      sessions += 1;
      const session = sessions;
      let timer: NodeJS.Timeout | undefined;
      const over = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(tooSlow()), timeLimit);
        ended?.addEventListener('abort', () => reject(tooSlow()));
      });
      over.catch(() => {});
      const ask: Ask = (op, ...rest) => Promise.race([on.ask(session, op, ...rest), over]);
      try {
        await ask('open', access);
        return await read(ask);
      } finally {
        clearTimeout(timer);
        void close(on, session);
      }
    },
    async stop() {
      stopped = true;
      await thread?.end(stopping());
    },
  };
}

async function close(thread: DavThread, session: number): Promise<void> {
  const timer = setTimeout(() => void thread.end(heldUp()), CLOSING);
  await thread.ask(session, 'close').catch(() => {});
  clearTimeout(timer);
}

function stopping(): Error {
  return new Error('The worker is stopping.');
}

function tooSlow(): Fault {
  return new Fault('UNAVAILABLE', 'Reading the address book takes the server too long; it is tried again later.');
}

function heldUp(): Fault {
  return new Fault('UNAVAILABLE', 'Reading was interrupted; it is tried again later.');
}
