import { join } from 'node:path';
import { median } from '../median.ts';
import type { Chapter } from '../report/chapters.ts';
import type { Machine } from '../report/machine.ts';
import { table } from '../report/markdown.ts';
import { type Crowd, startCrowd } from './publisher-crowd.ts';
import { SETTINGS, USUAL } from './settings.ts';

export const PROSODY_CHAPTER = 'What a publish costs Prosody';

/** `publishes`: in each round of each setting. */
const COST = { rounds: 7, publishes: 300 } as const;

const METHOD = `Written by \`npm run bench -- prosody\`. Several Prosodys run beside each other, each with accounts and rosters of its own, and differ in one setting from the one that \`npm start\` runs. A bare component publishes ${COST.publishes} tunes through each in turn, ${COST.rounds} times; counted is Prosody’s processor time for each publish, which other programs disturb less than rates. The ratio is the median of the ratios of the rounds. A publisher is offline, has 60 contacts, and one of them is online, unless the table says otherwise.`;

/** What Prosody’s settings make of the processor time of a publish. */
export async function prosody(folder: string, machine: Machine, say: (line: string) => void): Promise<Chapter> {
  const crowds: Crowd[] = [];
  try {
    for (const [i, setting] of [USUAL, ...SETTINGS].entries())
      crowds.push(await startCrowd(join(folder, `prosody-${i}`), setting));
    // From the second time on each publisher’s node is there.
    for (const crowd of crowds) await crowd.publish(crowd.setting.size.publishers);
    const times = await measureInTurn(crowds);
    const rows = crowds.map((crowd, i) => rowOf(crowd, times[i] ?? [], times[0] ?? []));
    for (const [name, ratio, ms] of rows) say(`${ratio}, ${ms}: ${name}`);
    const columns = ['', 'processor time of a publish', ''];
    return {
      title: PROSODY_CHAPTER,
      text: [METHOD, table(columns, rows), table(['', ''], machine)].join('\n\n'),
    };
  } finally {
    for (const crowd of crowds) await crowd.stop();
  }
}

async function measureInTurn(crowds: readonly Crowd[]): Promise<number[][]> {
  const times = crowds.map((): number[] => []);
  for (let round = 0; round < COST.rounds; round += 1)
    for (const [i, crowd] of crowds.entries()) times[i]?.push(await crowd.publish(COST.publishes));
  return times;
}

function rowOf({ setting }: Crowd, times: readonly number[], usual: readonly number[]): [string, string, string] {
  const ratio = median(times.map((ms, round) => ms / (usual[round] ?? Number.NaN)));
  return [setting.name, `${ratio.toFixed(2)} ×`, `${median(times).toFixed(2)} ms`];
}
