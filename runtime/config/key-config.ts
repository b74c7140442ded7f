import type { Reader } from './env-reader.ts';

/** The keys under which numbers and secrets are kept. */
export type KeyConfig = {
  /** The key of the hashes under which phone numbers are kept. */
  numberKey: Buffer;
  /** The one before it, while it is being changed. */
  numberKeyPrevious?: Buffer;
  /** The key under which secrets are sealed: credentials of network address books, passwords of players, blocked numbers, codes for logging in. 32 bytes. */
  secretsKey: Buffer;
};

/** The shape of a number key, and how many bytes it has, in words. */
const NUMBER_KEY = [/^(?:[0-9a-fA-F]{2}){32,}$/, '32 or more'] as const;

/** EARSHOT_NUMBER_KEY, EARSHOT_NUMBER_KEY_PREVIOUS and EARSHOT_SECRETS_KEY. */
export function keyConfig(read: Reader): KeyConfig {
  const numberKey = read.key('EARSHOT_NUMBER_KEY', ...NUMBER_KEY);
  const secretsKey = read.key('EARSHOT_SECRETS_KEY', /^[0-9a-fA-F]{64}$/, '32');
  if (read.given('EARSHOT_NUMBER_KEY_PREVIOUS') === undefined) return { numberKey, secretsKey };
  const numberKeyPrevious = read.key('EARSHOT_NUMBER_KEY_PREVIOUS', ...NUMBER_KEY);
  if (numberKeyPrevious.equals(numberKey))
    read.faults.push('EARSHOT_NUMBER_KEY_PREVIOUS must be the key before EARSHOT_NUMBER_KEY, not the same.');
  return { numberKey, numberKeyPrevious, secretsKey };
}
