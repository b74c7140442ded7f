import { parentPort } from 'node:worker_threads';
import { Fault } from '../../domain/fault.ts';
import { createAddressGuard } from '../../runtime/internal-addresses.ts';
import { createGuardedAgent } from './agent.ts';
import type { Access, Call, Reply } from './calls.ts';
import { readCards, readChanges } from './dav.ts';
import { findCollection } from './find.ts';
import { createGuardedFetch, type GuardedFetch } from './guarded-fetch.ts';

/** The thread: one server at a time, one call at a time, nothing remembered but what the last `open` said. */

let fetch: GuardedFetch | undefined;
let closeFormer = async () => {};

async function open({ url, authorization, allow, limits }: Access): Promise<undefined> {
  await closeFormer();
  const agent = createGuardedAgent(createAddressGuard(allow));
  closeFormer = () => agent.destroy();
  fetch = createGuardedFetch({ agent, origin: new URL(url).origin, authorization, ...limits });
}

async function answer(call: Call): Promise<unknown> {
  if (call.op === 'open') return open(...call.ask);
  if (!fetch) throw new Error('Nothing was opened.');
  if (call.op === 'find') return findCollection(fetch, ...call.ask);
  if (call.op === 'changes') return readChanges(fetch, ...call.ask);
  return readCards(fetch, ...call.ask);
}

async function reply(call: Call): Promise<Reply> {
  try {
    return { answer: await answer(call) };
  } catch (error) {
    // Whatever else is thrown: tsdav did not find in the answer what it takes for granted.
    const { code, message } = error instanceof Fault ? error : notUnderstood();
    return { code, message };
  }
}

function notUnderstood(): Fault {
  return new Fault('INVALID_ARGUMENT', 'The server’s answer is not understood; check that the URL is one of CardDAV.');
}

parentPort?.on('message', async (call: Call) => parentPort?.postMessage(await reply(call)));
