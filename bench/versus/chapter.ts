import { median } from '../median.ts';
import type { Chapter } from '../report/chapters.ts';
import { cpuFigures } from '../report/figures.ts';
import type { Machine } from '../report/machine.ts';
import { table } from '../report/markdown.ts';
import type { Crash } from './crashes.ts';
import { VERSUS, type VersusRound } from './rounds.ts';

export const SIP_CHAPTER = 'SIP presence beside PEP';

const METHOD = `Written by \`npm run bench -- kamailio\`. Kamailio with its presence modules as Debian ships them, over TCP, in memory and with a MariaDB that syncs each commit; and Earshot twice, each with a Redis of its own (\`appendfsync always\`): with Prosody, and with ejabberd, where the publishers are online, as it sends friends nothing of who is away. All are started by the benchmark on one machine, are loaded one after the other in each of ${VERSUS.rounds} rounds, and are read by one process with one clock. ${VERSUS.publishers} publishers have one publication on its way each; the next goes out when the last one was accepted (200, 202) and all watchers have it. The delays are measured while each side gets the same number of publications, ${VERSUS.load * 100} % of what the slowest can bear: from sending to each watcher. A watcher has one connection and watches all publishers. Prosody sends most events twice (to the full and to the bare JID); counted is the first. What the benchmark itself needs for a notification (\`bench\`) is missing to the servers, and lowers the rate; it is not in the processor time of a side.`;

const CRASHES = `A publication is accepted for each publisher, then every process of the side is killed with SIGKILL and started again, and a watcher comes back. Syncs: \`fsync\` and \`fdatasync\` of all its processes for each publication, one publication after the other. With a database Kamailio answers 200 within the transaction and commits it after the NOTIFYs: what was answered last can be missing.`;

/** Everything about one comparison; the ratios first. */
export function sipChapter(machine: Machine, rounds: readonly VersusRound[], crashes: readonly Crash[]): Chapter {
  const text = [
    METHOD,
    ratioTable(rounds),
    others(rounds),
    figureTable(rounds),
    CRASHES,
    crashTable(crashes),
    table(['', ''], machine),
  ];
  return { title: SIP_CHAPTER, text: text.join('\n\n') };
}

function ratioTable(rounds: readonly VersusRound[]): string {
  const ours = sidesOf(rounds.filter(({ isOurs }) => isOurs));
  const theirs = sidesOf(rounds.filter(({ isOurs }) => !isOurs));
  const couples = ours.flatMap((our) => theirs.map((their): [string, string] => [their, our]));
  const rows = VERSUS.watchers.flatMap((watchers) =>
    couples.map(([their, our]) => {
      const pairs = pairsOf(rounds, watchers, their, our);
      const ratio = (of: (round: VersusRound) => number) =>
        `${median(pairs.map(([one, other]) => of(one) / of(other))).toFixed(2)} ×`;
      return [
        String(watchers),
        `${their} : ${our}`,
        ratio(({ rate }) => rate),
        ratio((round) => round.median),
        ratio((round) => round.p99),
        ratio(totalCpu),
      ];
    }),
  );
  return table(['watchers', '', 'notifications a second', 'median', 'p99', 'processor time for each'], rows);
}

function figureTable(rounds: readonly VersusRound[]): string {
  const rows = VERSUS.watchers.flatMap((watchers) =>
    sidesOf(rounds).map((side) => {
      const own = rounds.filter((round) => round.watchers === watchers && round.side === side);
      const parts = cpuFigures(own).map(([part, ms]) => `${part} ${ms.toFixed(3)}`);
      return [
        String(watchers),
        side,
        median(own.map(({ rate }) => rate)).toFixed(0),
        `${median(own.map((round) => round.median)).toFixed(1)} ms`,
        `${median(own.map((round) => round.p99)).toFixed(1)} ms`,
        `${median(own.map(totalCpu)).toFixed(3)} ms: ${parts.join(', ')}`,
      ];
    }),
  );
  return table(['watchers', '', 'notifications a second', 'median', 'p99', 'processor time for each'], rows);
}

function crashTable(crashes: readonly Crash[]): string {
  const rows = crashes.map(({ side, syncs, kept }) => [
    side,
    syncs === undefined ? 'not counted' : syncs.toFixed(1),
    `${kept} of ${VERSUS.publishers}`,
  ]);
  return table(['', 'syncs for each publication', 'states that are there after the crash'], rows);
}

function others(rounds: readonly VersusRound[]): string {
  const most = Math.max(...rounds.map((round) => round.others));
  return `Other programs used up to ${(most * 100).toFixed(0)} % of the machine meanwhile.`;
}

function sidesOf(rounds: readonly VersusRound[]): string[] {
  return [...new Set(rounds.map(({ side }) => side))];
}

/** What two sides did in the same rounds. */
function pairsOf(rounds: readonly VersusRound[], watchers: number, side: string, other: string) {
  const of = (name: string) => rounds.filter((round) => round.watchers === watchers && round.side === name);
  const others = of(other);
  return of(side).map((round, i): [VersusRound, VersusRound] => [round, others[i] as VersusRound]);
}

/** Of the side alone. */
function totalCpu({ cpu }: VersusRound): number {
  return Object.entries(cpu).reduce((sum, [part, ms]) => (part === 'bench' ? sum : sum + ms), 0);
}
