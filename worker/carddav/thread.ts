import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { type ResourceLimits, Worker } from 'node:worker_threads';
import { Fault } from '../../domain/fault.ts';
import type { Calls, Reply } from './calls.ts';

/** A thread that reads servers, one call at a time. */
export type DavThread = {
  ask<Op extends keyof Calls>(op: Op, ...ask: Calls[Op]['ask']): Promise<Calls[Op]['answer']>;
  isGone(): boolean;
  /** Ends it in the middle of whatever it does; its call is rejected with `reason`. */
  end(reason: Error): Promise<void>;
};

/** Megabytes of heap: four times what the largest answer of an honest server takes. */
const HEAP = 192;

/**
 * Parsing what a stranger's server sends can take any time and memory, however few bytes it is. In a thread of its own it can be ended, and
 * holds nobody else up.
 */
export function startDavThread(): DavThread {
  const worker = startWorker({ maxOldGenerationSizeMb: HEAP, maxYoungGenerationSizeMb: 32 });
  worker.unref();
  let waiting: { resolve: (answer: never) => void; reject: (error: Error) => void } | undefined;
  let gone: Error | undefined;

  function lose(reason: Error): void {
    gone ??= reason;
    waiting?.reject(gone);
    waiting = undefined;
  }
  worker.on('message', (reply: Reply) => {
    const asker = waiting;
    waiting = undefined;
    if ('answer' in reply) asker?.resolve(reply.answer as never);
    else asker?.reject(new Fault(reply.code, reply.message));
  });
  worker.on('error', (error) => lose(toLoss(error)));
  worker.on('exit', () => lose(new Error('The thread has ended.')));
  return {
    ask(op, ...ask) {
      if (gone) return Promise.reject(gone);
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        worker.postMessage({ op, ask });
      });
    },
    isGone: () => gone !== undefined,
    async end(reason) {
      lose(reason);
      await worker.terminate();
    },
  };
}

/** From the build; or from TypeScript, where the loader that this process runs under does not reach into threads by itself. */
function startWorker(resourceLimits: ResourceLimits): Worker {
  const entry = new URL(`./thread-main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
  if (entry.pathname.endsWith('.js')) return new Worker(entry, { resourceLimits });
  const loader = new URL('esm/api/index.mjs', pathToFileURL(createRequire(import.meta.url).resolve('tsx'))).href;
  const script = `import('${loader}').then(({ register }) => register()).then(() => import('${entry.href}'));`;
  return new Worker(script, { eval: true, resourceLimits });
}

function toLoss(error: unknown): Error {
  if ((error as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY')
    return new Fault('PAYLOAD_TOO_LARGE', 'The server’s answer needs more memory than a book may take.');
  return error instanceof Error ? error : new Error(String(error));
}
