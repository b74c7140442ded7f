import { findProgram, requireProgram } from '../children/programs.ts';
import { StartError } from '../start-error.ts';

/** The name, on the PATH, of a server that is run in place of Redis: Valkey where both are installed. */
export const REDIS_PROGRAM_SETTING = 'EARSHOT_REDIS_PROGRAM';

/** The Redis that is run: what {@link REDIS_PROGRAM_SETTING} says, else Redis, else Valkey. Throws `PROGRAM_MISSING`. */
export function findRedis(named = process.env[REDIS_PROGRAM_SETTING] ?? ''): string {
  if (named === '')
    return (
      findProgram('redis-server') ?? findProgram('valkey-server') ?? requireProgram('redis-server', 'redis-server')
    );
  const found = findProgram(named);
  if (found !== undefined) return found;
  throw new StartError('PROGRAM_MISSING', `${REDIS_PROGRAM_SETTING} names ${named}, which is not installed.`);
}
