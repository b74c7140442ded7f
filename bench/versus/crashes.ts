import { newTune } from '../load/tunes.ts';
import { countSyncs } from '../syncs.ts';
import { VERSUS } from './rounds.ts';
import type { Side } from './side.ts';

/** `syncs`: to the disk for each publication; undefined where nobody could count them. `kept`: of one state for each publisher. */
export type Crash = { side: string; syncs: number | undefined; kept: number };

/** Publications whose syncs are counted, one after the other, so that none shares another's. */
const COUNTED = 40;

/** What each side writes down for sure, and what is left of it when all its processes were killed. Nothing of it works afterwards. */
export async function crashes(sides: readonly Side[], folder: string, say: (line: string) => void): Promise<Crash[]> {
  const found: Crash[] = [];
  for (const side of sides) {
    const way = await side.open();
    const counted = await countSyncs(folder, Object.values(side.processes()).flat(), async () => {
      for (let i = 0; i < COUNTED; i += 1) await way.publish(i % VERSUS.publishers, 0, newTune());
    });
    const tunes = Array.from({ length: VERSUS.publishers }, newTune);
    for (const [lane, tune] of tunes.entries()) await way.publish(lane, 0, tune);
    const kept = await side.remembers(tunes.map(({ title }) => title));
    way.close();
    const syncs = counted === undefined ? undefined : counted / COUNTED;
    say(`${side.name}: ${syncs ?? '?'} syncs for each publication; ${kept} of ${tunes.length} states after a crash`);
    found.push({ side: side.name, syncs, kept });
  }
  return found;
}
