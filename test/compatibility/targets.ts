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
  /** Whether it is not that Debian's own but a backport, which is unpacked beside it. */
  backport: boolean;
};

/** In the order of the table's columns. */
export const TARGETS: readonly Target[] = [
  { name: 'prosody-0.12', title: 'Prosody 0.12', kind: 'prosody', debian: 12, backport: false },
  { name: 'prosody-13.0', title: 'Prosody 13.0', kind: 'prosody', debian: 13, backport: false },
  { name: 'ejabberd-23.01', title: 'ejabberd 23.01', kind: 'ejabberd', debian: 12, backport: false },
  { name: 'ejabberd-24.12', title: 'ejabberd 24.12', kind: 'ejabberd', debian: 12, backport: true },
];

/** Those that are named, or all. @throws Error for a name that there is not */
export function chosenTargets(names: readonly string[]): readonly Target[] {
  const unknown = names.find((name) => !TARGETS.some((target) => target.name === name));
  if (unknown !== undefined)
    throw new Error(`There is no server ${unknown}; there are ${TARGETS.map(({ name }) => name).join(', ')}.`);
  return names.length === 0 ? TARGETS : TARGETS.filter(({ name }) => names.includes(name));
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
