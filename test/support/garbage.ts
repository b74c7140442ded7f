import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Throws away what this process holds no more. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
}

/** Bytes of the heap that are left then. */
export function heapHeld(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
