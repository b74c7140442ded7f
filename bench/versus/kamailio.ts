import { join } from 'node:path';
import { createFanOut } from '../load/fan-out.ts';
import type { Deps } from '../parts/measure.ts';
import type { Chapter } from '../report/chapters.ts';
import { kamailioVersions, type Machine } from '../report/machine.ts';
import { sipChapter } from './chapter.ts';
import { crashes } from './crashes.ts';
import { pepSide } from './pep-side.ts';
import { VERSUS, versusRounds } from './rounds.ts';
import type { Side } from './side.ts';
import { sipSide } from './sip-side.ts';

/** Kamailio in memory, Kamailio with a database, and Earshot with its XMPP server, in turn. */
export async function kamailio(deps: Deps, machine: Machine, folder: string): Promise<Chapter> {
  const { say } = deps;
  const fanOut = createFanOut();
  const size = { publishers: VERSUS.publishers, watchers: Math.max(...VERSUS.watchers) };
  const sides: Side[] = [];
  try {
    sides.push(await sipSide(join(folder, 'sip-memory'), 'memory', VERSUS.publishers, fanOut));
    sides.push(await sipSide(join(folder, 'sip-database'), 'database', VERSUS.publishers, fanOut));
    sides.push(await pepSide(deps, size, fanOut));
    const rounds = await versusRounds(sides, fanOut, say);
    return sipChapter([...machine, ...kamailioVersions()], rounds, await crashes(sides, folder, say));
  } finally {
    for (const side of sides) await side.stop();
  }
}
