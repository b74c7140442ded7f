import { parentPort } from 'node:worker_threads';
import { Fault } from '../../domain/fault.ts';
import { createAddressGuard } from '../../runtime/internal-addresses.ts';
import { createGuardedAgent } from './agent.ts';
import { createAuthorization } from './authorization.ts';
import type { Access, Call, Reply } from './calls.ts';
import { readCards, readChanges, readListing } from './dav.ts';
import { findCollection } from './find.ts';
import { createDavSession, type DavSession } from './session.ts';

/**
 * The thread: any number of servers side by side, each in a session of its own, and nothing
 * remembered of one that is closed.
 */

const sessions = new Map<number, { ask: DavSession; close(): Promise<void> }>();

function open(session: number, { url, credentials, allow, limits }: Access): undefined {
  const agent = createGuardedAgent(createAddressGuard(allow));
  const authorization = createAuthorization(credentials);
  const ask = createDavSession({ agent, origin: new URL(url).origin, authorization, limits });
  sessions.set(session, { ask, close: () => agent.destroy() });
}

async function answer(call: Call): Promise<unknown> {
  if (call.op === 'open') return open(call.session, ...call.ask);
  const session = sessions.get(call.session);
  if (!session) throw new Fault('UNAVAILABLE', 'The read was ended.');
  switch (call.op) {
    case 'find':
      return findCollection(session.ask, ...call.ask);
    case 'changes':
      return readChanges(session.ask, ...call.ask);
    case 'listing':
      return readListing(session.ask, ...call.ask);
    case 'cards':
      return readCards(session.ask, ...call.ask);
    case 'close':
      sessions.delete(call.session);
      return session.close();
  }
}

async function reply(call: Call): Promise<Reply> {
  const { id } = call;
  try {
    return { id, answer: await answer(call) };
  } catch (error) {
    const { code, message } = error instanceof Fault ? error : notUnderstood();
    return { id, code, message };
  }
}

function notUnderstood(): Fault {
  return new Fault('INVALID_ARGUMENT', 'The server’s answer is not understood; check that the URL is one of CardDAV.');
}

parentPort?.on('message', async (call: Call) => parentPort?.postMessage(await reply(call)));
