import { readFileSync } from 'node:fs';
import type { ServerName } from '../../local/xmpp-servers.ts';

/** An XMPP server that Earshot is tried on. */
export type Target = {
  /** What the command line calls it. */
  name: string;
  title: string;
  kind: ServerName;
  /** The Debian that has its package; where another Debian runs, it is built in a folder. */
  debian: number;
  /** Whether ejabberd is not that Debian's own but a backport, which is unpacked beside it. */
  backport: boolean;
  /** What is run in place of that Debian's Redis: the package, and the program in it. */
  redis?: 'valkey-server';
  /** The kind of another server, of the same Debian, with a home of its own: people live at both. */
  second?: ServerName;
};

const TWO_HOMES = { kind: 'prosody', debian: 12, backport: false } as const;

/** In the order of the tables' columns. */
export const TARGETS = [
  { name: 'prosody-0.12', title: 'Prosody 0.12', kind: 'prosody', debian: 12, backport: false },
  { name: 'prosody-13.0', title: 'Prosody 13.0', kind: 'prosody', debian: 13, backport: false },
  {
    name: 'prosody-13.0-valkey',
    title: 'Prosody 13.0, with Valkey',
    kind: 'prosody',
    debian: 13,
    backport: false,
    redis: 'valkey-server',
  },
  { name: 'ejabberd-23.01', title: 'ejabberd 23.01', kind: 'ejabberd', debian: 12, backport: false },
  { name: 'ejabberd-24.12', title: 'ejabberd 24.12', kind: 'ejabberd', debian: 12, backport: true },
  { ...TWO_HOMES, name: 'prosody-and-prosody', title: 'Prosody 0.12 and Prosody 0.12', second: 'prosody' },
  { ...TWO_HOMES, name: 'prosody-and-ejabberd-23.01', title: 'Prosody 0.12 and ejabberd 23.01', second: 'ejabberd' },
  {
    ...TWO_HOMES,
    name: 'prosody-and-ejabberd-24.12',
    title: 'Prosody 0.12 and ejabberd 24.12',
    second: 'ejabberd',
    backport: true,
  },
] as const satisfies readonly Target[];

export type TargetName = (typeof TARGETS)[number]['name'];

/** Those that are named, or all; and the words that follow. @throws Error for a name that there is not */
export function chosenTargets(words: readonly string[]): { targets: readonly Target[]; rest: readonly string[] } {
  const isTarget = (word: string) => TARGETS.some(({ name }) => name === word);
  if (words.length > 0 && !isTarget(words[0] ?? ''))
    throw new Error(`There is no server ${words[0]}; there are ${TARGETS.map(({ name }) => name).join(', ')}.`);
  const targets = words.length === 0 ? TARGETS : TARGETS.filter(({ name }) => words.includes(name));
  return { targets, rest: words.filter((word) => !isTarget(word)) };
}

/** Which Debian this machine runs; undefined for anything else. */
export function debianHere(): number | undefined {
  try {
    const release = readFileSync('/etc/os-release', 'utf8');
    if (!/^ID=debian$/m.test(release)) return undefined;
    return Number(/^VERSION_ID="(\d+)"$/m.exec(release)?.[1]) || undefined;
  } catch {
    return undefined;
  }
}
