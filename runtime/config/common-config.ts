import type { GuessedNumbers } from '../../domain/book/book-reader.ts';
import type { NumberBudget } from '../../domain/book/number-budget.ts';
import { isAllowEntry } from '../internal-addresses.ts';
import type { RedisPlace } from '../redis/redis-options.ts';
import type { Reader } from './env-reader.ts';
import { homeHosts } from './homes-config.ts';

/** What every process needs. */
export type CommonConfig = {
  /** One server, or some nodes of a cluster. */
  redisUrls: RedisPlace['urls'];
  redisPrefix: string;
  /** The hosts of all homes, sorted; empty where there is one, which nothing has to be told from. */
  hosts: readonly string[];
  /** Distinct numbers that a subscriber may have looked up. */
  numberBudget: NumberBudget;
  logLevel: string;
};

/** What all three kinds of processes read. */
export function commonConfig(read: Reader): CommonConfig {
  return {
    redisUrls: read.redisUrls('EARSHOT_REDIS_URL', 'redis://127.0.0.1:6379'),
    redisPrefix: read.matching('EARSHOT_REDIS_PREFIX', /^[\w-]{1,32}$/, '1 to 32 letters, digits, _ or -', 'earshot'),
    hosts: homeHosts(read),
    numberBudget: {
      first: read.integer('EARSHOT_NUMBER_BUDGET', 0, 1_000_000_000, 5_000),
      daily: read.integer('EARSHOT_NUMBER_BUDGET_DAILY', 1, 1_000_000_000, 100),
    },
    logLevel: read.oneOf('EARSHOT_LOG_LEVEL', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
  };
}

/** EARSHOT_PUBLISH_INTERVAL_MS, of whoever tells tunes where others see them. */
export function publishInterval(read: Reader): number {
  return read.integer('EARSHOT_PUBLISH_INTERVAL_MS', 0, 600_000, 5_000);
}

/** EARSHOT_GUESSED_NUMBERS, of whoever reads address books. */
export function guessedNumbers(read: Reader): GuessedNumbers {
  return read.oneOf('EARSHOT_GUESSED_NUMBERS', ['use', 'ignore'], 'use');
}

/** EARSHOT_SINK_ALLOW: hosts and networks to which events may be sent although they are internal. */
export function sinkAllow(read: Reader): string[] {
  return read.list('EARSHOT_SINK_ALLOW', isAllowEntry, 'hosts, addresses and networks, such as 10.1.0.0/16');
}

/** EARSHOT_SOURCE_ALLOW: hosts and networks on which address books may be read although they are internal. */
export function sourceAllow(read: Reader): string[] {
  return read.list('EARSHOT_SOURCE_ALLOW', isAllowEntry, 'hosts, addresses and networks, such as 10.1.0.0/16');
}
