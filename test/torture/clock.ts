import { existsSync, mkdtempSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** By which Earshot's processes go, and nobody else: those of one machine, beside a Redis and an XMPP server on others. */
export type Clock = {
  /** For the processes that go by it. */
  env: Record<string, string>;
  /** It is put so many seconds forward, or back where they are fewer than 0, and put right afterwards. */
  whileWrong(seconds: number, act: () => Promise<unknown>): Promise<void>;
};

/** Undefined where libfaketime is not installed (Debian's package `faketime`). */
export function giveClock(): Clock | undefined {
  const library = readdirSync('/usr/lib')
    .map((folder) => join('/usr/lib', folder, 'faketime', 'libfaketimeMT.so.1'))
    .find(existsSync);
  if (library === undefined) return undefined;
  const file = join(mkdtempSync(join(tmpdir(), 'earshot-clock-')), 'offset');

  /** Whoever asks what time it is reads the file, and never half of it. */
  function put(seconds: number): void {
    writeFileSync(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    renameSync(`${file}.new`, file);
  }

  put(0);
  return {
    env: {
      ...{ LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1' },
      // Timers go by the other clock, which nobody can put.
      DONT_FAKE_MONOTONIC: '1',
    },
    async whileWrong(seconds, act) {
      put(seconds);
      await act();
      put(0);
    },
  };
}
