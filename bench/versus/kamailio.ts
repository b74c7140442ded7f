import { join } from 'node:path';
import { createFanOut } from '../load/fan-out.ts';
import type { Chapter } from '../report/chapters.ts';
import { kamailioVersions, type Machine } from '../report/machine.ts';
import { sipChapter } from './chapter.ts';
import { crashes } from './crashes.ts';
import { type PepPlace, pepSide } from './pep-side.ts';
import { VERSUS, versusRounds } from './rounds.ts';
import type { Side } from './side.ts';
import { sipSide } from './sip-side.ts';

/** Two stacks of Earshot, each on an XMPP server of its own. */
export type PepPlaces = { prosody: PepPlace; ejabberd: PepPlace };

/** Kamailio in memory, Kamailio with a database, and Earshot on each XMPP server, in turn. */
export async function kamailio(
  { prosody, ejabberd }: PepPlaces,
  machine: Machine,
  folder: string,
  say: (line: string) => void,
): Promise<Chapter> {
  const fanOut = createFanOut();
  const size = { publishers: VERSUS.publishers, watchers: Math.max(...VERSUS.watchers) };
  const sides: Side[] = [];
  try {
    // Kamailio comes last: it ends connections on which nothing is said for two minutes, as long as the others may take.
    sides.push(await pepSide(prosody, { server: 'Prosody', publishersOnline: false }, size, fanOut));
    sides.push(await pepSide(ejabberd, { server: 'ejabberd', publishersOnline: true }, size, fanOut));
    sides.push(await sipSide(join(folder, 'sip-memory'), 'memory', VERSUS.publishers, fanOut));
    sides.push(await sipSide(join(folder, 'sip-database'), 'database', VERSUS.publishers, fanOut));
    const rounds = await versusRounds(sides, fanOut, say);
    return sipChapter([...machine, ...kamailioVersions()], rounds, await crashes(sides, folder, say));
  } finally {
    for (const side of sides) await side.stop();
  }
}
