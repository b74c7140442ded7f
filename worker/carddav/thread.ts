import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { type ResourceLimits, Worker } from 'node:worker_threads';
import { Fault } from '../../domain/fault.ts';
import type { Calls, Reply } from './calls.ts';

/** The thread that reads servers, all of them side by side. */
export type DavThread = {
  ask<Op extends keyof Calls>(session: number, op: Op, ...ask: Calls[Op]['ask']): Promise<Calls[Op]['answer']>;
  isGone(): boolean;
  /** Ends it in the middle of whatever it does; its calls are rejected with `reason`. */
  end(reason: Error): Promise<void>;
};

type Asker = { resolve(answer: never): void; reject(error: Error): void };

/**
 * Megabytes of heap: as many answers side by side as there may be, each with the most that is kept
 * of one.
 */
const HEAP = 768;

/**
 * What strangers' servers send is read in a thread of its own: other work goes on beside it, and it
 * can be ended.
 */
export function startDavThread(): DavThread {
  const worker = startWorker({ maxOldGenerationSizeMb: HEAP, maxYoungGenerationSizeMb: 32 });
  worker.unref();
  const waiting = new Map<number, Asker>();
  let last = 0;
  let gone: Error | undefined;

  function lose(reason: Error): void {
    gone ??= reason;
    for (const { reject } of waiting.values()) reject(gone);
    waiting.clear();
  }
  worker.on('message', (reply: Reply) => {
    const asker = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ('answer' in reply) asker?.resolve(reply.answer as never);
    else asker?.reject(new Fault(reply.code, reply.message));
  });
  worker.on('error', (error) => lose(toLoss(error)));
  worker.on('exit', () => lose(new Error('The thread has ended.')));
  return {
    ask(session, op, ...ask) {
      if (gone) return Promise.reject(gone);
      last += 1;
      const id = last;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        worker.postMessage({ id, session, op, ask });
      });
    },
    isGone: () => gone !== undefined,
    async end(reason) {
      lose(reason);
      await worker.terminate();
    },
  };
}

/**
 * From the build; or from TypeScript, where the loader that this process runs under does not reach
 * into threads by itself.
 */
function startWorker(resourceLimits: ResourceLimits): Worker {
  const entry = new URL(`./thread-main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
  if (entry.pathname.endsWith('.js')) return new Worker(entry, { resourceLimits });
  const loader = new URL('esm/api/index.mjs', pathToFileURL(createRequire(import.meta.url).resolve('tsx'))).href;
  const script = `import('${loader}').then(({ register }) => register()).then(() => import('${entry.href}'));`;
  return new Worker(script, { eval: true, resourceLimits });
}

function toLoss(error: unknown): Error {
  if ((error as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY')
    return new Fault('UNAVAILABLE', 'Reading was interrupted; it is tried again later.');
  return error instanceof Error ? error : new Error(String(error));
}
