import type { Reader } from './env-reader.ts';

/** Where traces go. `url`: without a slash at the end; `share`: of a hundred traces how many are taken. */
export type TracesConfig = { url: string; share: number };

/** EARSHOT_TRACES_URL and EARSHOT_TRACES_SHARE; undefined where traces are off. A collector inside a network speaks no TLS, and nothing about people goes there. */
export function tracesConfig(read: Reader): TracesConfig | undefined {
  const share = read.integer('EARSHOT_TRACES_SHARE', 0, 100, 100);
  if (read.given('EARSHOT_TRACES_URL') === undefined) return undefined;
  const url = read.matching(
    'EARSHOT_TRACES_URL',
    /^https?:\/\/[^\s?#@]+$/,
    'an address such as http://127.0.0.1:4318, without a user and a password',
  );
  return { url: url.replace(/\/+$/, ''), share };
}
