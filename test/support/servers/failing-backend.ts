import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServerSettings } from '../../../local/xmpp-servers.ts';

/** What Prosody keeps in its backend, as it names it. */
type Store = 'accounts' | 'roster' | 'pep' | 'pep_data';
/** What one node holds, by its name. */
type NodeStore = `pep_${string}`;
/** For everybody, or for one account by the name before its `@`. */
type Failing = Store | `${Store | NodeStore}:${string}`;

/** A Prosody whose backend, as a database is, can be away while Prosody itself goes on. */
export type FailingBackend = {
  settings: Required<Pick<ServerSettings, 'prosody'>>;
  /** These are neither read nor written from now on. */
  fail(stores: readonly Failing[]): void;
  /** The next question to one of these fails, and none after it: a connection that was lost is made anew. */
  failOnce(stores: readonly Store[]): void;
  /** It is back. */
  mend(): void;
};

export function failingBackend(): FailingBackend {
  const file = join(tmpdir(), `earshot-failing-${process.pid}-${Math.random().toString(36).slice(2)}`);
  return {
    settings: {
      prosody: {
        extraSettings: [
          `plugin_paths = { "${fileURLToPath(new URL('prosody-modules', import.meta.url))}" }`,
          'storage = "earshot_failing"',
          `earshot_failing_switch = "${file}"`,
        ],
      },
    },
    fail: (stores) => writeFileSync(file, stores.join(' ')),
    failOnce: (stores) => writeFileSync(file, ['once', ...stores].join(' ')),
    mend: () => rmSync(file, { force: true }),
  };
}
