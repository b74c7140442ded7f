import { createReader, type Env, type Reader } from './env-reader.ts';
import { unknownSettings } from './setting-names.ts';

/** A configuration, and each sentence about what is wrong with it: what these speak of cannot be used. */
export type Lenient<T> = { config: T; faults: string[] };

/** Reads what can be read, for whoever tells all that is wrong at once, or looks at the rest nevertheless. */
export function readLeniently<T>(env: Env, build: (read: Reader) => T): Lenient<T> {
  const read = createReader(env);
  const config = build(read);
  return { config, faults: [...new Set([...read.faults, ...unknownSettings(env)])] };
}
