import { Fault } from '../../domain/fault.ts';
import type { Env, Reader } from './env-reader.ts';
import { readLeniently } from './lenient.ts';

/** Reads the settings of a process that is to run by them. @throws Fault INVALID_ARGUMENT that names every variable at fault. */
export function readStrictly<T>(env: Env, build: (read: Reader) => T): T {
  const { config, faults } = readLeniently(env, build);
  if (faults.length > 0)
    throw new Fault(
      'INVALID_ARGUMENT',
      `The configuration is not usable (docs/configuration.md):\n  ${faults.join('\n  ')}`,
    );
  return config;
}
