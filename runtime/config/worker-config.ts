import type { GuessedNumbers } from '../../domain/book/book-reader.ts';
import type { Policy } from '../../domain/friendship/association.ts';
import { type CommonConfig, commonConfig, guessedNumbers, sinkAllow, sourceAllow } from './common-config.ts';
import type { Env, Reader } from './env-reader.ts';
import { type KeyConfig, keyConfig } from './key-config.ts';
import { type SmsConfig, smsConfig } from './login-config.ts';
import { readStrictly } from './strict.ts';

export type WorkerConfig = CommonConfig &
  KeyConfig & {
    policy: Policy;
    guessedNumbers: GuessedNumbers;
    sourceAllow: readonly string[];
    sinkAllow: readonly string[];
    /** Milliseconds between two reads of a network address book. */
    sourceInterval: number;
    sms: SmsConfig;
  };

/** @throws Fault INVALID_ARGUMENT that names every variable at fault. */
export function toWorkerConfig(env: Env): WorkerConfig {
  return readStrictly(env, workerConfig);
}

/** As `toWorkerConfig`, which knows what the reader has found wrong. */
export function workerConfig(read: Reader): WorkerConfig {
  return {
    ...commonConfig(read),
    policy: read.oneOf('EARSHOT_POLICY', ['mutual', 'either'], 'mutual'),
    sourceInterval: read.integer('EARSHOT_SOURCE_INTERVAL_MINUTES', 1, 44_640, 360) * 60_000,
    sms: smsConfig(read),
    ...keyConfig(read),
    guessedNumbers: guessedNumbers(read),
    sourceAllow: sourceAllow(read),
    sinkAllow: sinkAllow(read),
  };
}
