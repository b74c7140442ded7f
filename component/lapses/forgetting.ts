import { every, type Running } from '../../runtime/lifecycle.ts';
import type { Context } from '../context.ts';
import type { XmppServer } from '../server/server.ts';

type Server = Pick<XmppServer, 'lapses'>;

/** Drops what was kept in mind and need not be told again, as the server has it on its disk by now. */
export type Forgetting = Running & {
  /** There is another server, or none: nothing is dropped without one. */
  workWith(server: Server | undefined): void;
};

/** Milliseconds after which every server has written what it was told. */
const WRITTEN = 60_000;
/** Milliseconds between two looks at what the server has written by now. */
const INTERVAL = 5_000;
/** The same about what was told elsewhere, for which whoever is erased after a move waits. */
const BROUGHT_INTERVAL = 15_000;

/** `host`: of the component's home. */
export function createForgetting(context: Context, host: string): Forgetting {
  let present: Server | undefined;
  const forgetting = [
    every(INTERVAL, context.log, () => forgetWritten(context, host, present)),
    every(BROUGHT_INTERVAL, context.log, () => forgetBrought(context, host, present)),
  ];
  return {
    workWith(server) {
      present = server;
    },
    async stop() {
      await Promise.all(forgetting.map((one) => one.stop()));
    },
  };
}

/** What the server has had for long enough is on its disk. */
export async function forgetWritten({ stores, now }: Context, host: string, server: Server | undefined): Promise<void> {
  if (server?.lapses) await stores.lately.drop(host, now() - server.lapses.within);
}

/**
 * The same of a server that forgets nothing, about those who came there from the home of one that does:
 * nobody else drops it, and whoever leaves would wait for that.
 */
async function forgetBrought({ stores, now, home }: Context, host: string, server: Server | undefined): Promise<void> {
  if (home !== undefined && server && !server.lapses) await stores.lately.drop(host, now() - WRITTEN);
}
