import { Fault } from '../../domain/fault.ts';
import type { Access, Calls } from './calls.ts';
import { type DavThread, startDavThread } from './thread.ts';

/** Asks a server, one thing after the other. @throws Fault */
export type Ask = <Op extends keyof Calls>(op: Op, ...ask: Calls[Op]['ask']) => Promise<Calls[Op]['answer']>;

export type DavThreads = {
  /** Reads a server with a thread of its own, for so long. @throws Fault UNAVAILABLE when the time is over, and what `read` throws */
  reading<T>(access: Access, timeLimit: number, read: (ask: Ask) => Promise<T>): Promise<T>;
  /** Ends all reads; they are rejected, and not with a Fault: it was not the servers' doing. */
  stop(): Promise<void>;
};

/** As many threads as there are reads at the same time; they are kept for the next ones, unless they had to be ended. */
export function createDavThreads(): DavThreads {
  const idle: DavThread[] = [];
  const busy = new Set<DavThread>();
  let stopped = false;
  return {
    async reading(access, timeLimit, read) {
      if (stopped) throw stopping();
      const thread = idle.pop() ?? startDavThread();
      busy.add(thread);
      const timer = setTimeout(() => void thread.end(tooSlow()), timeLimit);
      try {
        await thread.ask('open', access);
        return await read(thread.ask);
      } finally {
        clearTimeout(timer);
        busy.delete(thread);
        if (!thread.isGone()) idle.push(thread);
      }
    },
    async stop() {
      stopped = true;
      await Promise.all([...idle, ...busy].map((thread) => thread.end(stopping())));
    },
  };
}

function stopping(): Error {
  return new Error('The worker is stopping.');
}

function tooSlow(): Fault {
  return new Fault('UNAVAILABLE', 'Reading the whole address book takes the server too long; it is tried again later.');
}
