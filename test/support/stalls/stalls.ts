import { fileURLToPath } from 'node:url';
import { freePorts } from '../../../local/ports.ts';
import type { StackOptions } from '../../../local/stack/stack.ts';

/** `heapPhysical`: of what V8 has for its heap, the pages that are in memory. */
export type MemoryHeld = NodeJS.MemoryUsage & { heapPhysical: number };

export type StallWatch = {
  /** To be added to a stack's options: its gateway is watched. */
  options: Required<Pick<StackOptions, 'entries' | 'env'>>;
  /** Milliseconds of processor time for which the gateway's event loop was held at most since this was last asked. */
  longest(): Promise<number>;
  /** What the gateway holds once its garbage is gone, in bytes. */
  memory(): Promise<MemoryHeld>;
};

/** Settings with which a stranger's calls are not refused before they are looked at. */
export const NO_LIMITS = {
  EARSHOT_LOG_LEVEL: 'warn',
  EARSHOT_LIMIT_ADDRESS: '0',
  EARSHOT_LIMIT_SUBSCRIBER: '0',
  EARSHOT_LIMIT_CARRIER: '0',
  EARSHOT_NUMBER_BUDGET: '100000000',
};

/** `built`: from JavaScript in `dist/`, as it is run in production. */
export async function watchStalls(built = process.env.EARSHOT_FROM_BUILD === '1'): Promise<StallWatch> {
  const [port] = (await freePorts(1)) as [number];
  const main = new URL(built ? '../../../dist/gateway/main.js' : '../../../gateway/main.ts', import.meta.url);
  return {
    options: {
      entries: { gateway: fileURLToPath(new URL('watched-gateway.ts', import.meta.url)) },
      env: { WATCH_PORT: `${port}`, WATCHED_MAIN: main.href },
    },
    longest: async () => Number(await (await fetch(`http://127.0.0.1:${port}/`)).text()),
    memory: async () => (await (await fetch(`http://127.0.0.1:${port}/memory`)).json()) as MemoryHeld,
  };
}
