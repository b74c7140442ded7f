import type { Pair, Round } from '../parts/measure.ts';
import { GOALS, PLAN, ROSTERS_GOAL } from '../plan.ts';
import { counted, cpuFigures, type Figure, type Figures, isQuiet, rosterFigure, toFigures } from './figures.ts';
import { table } from './markdown.ts';
import { verdict } from './rows.ts';

/** How Earshot compares with Prosody alone, with its goals; ratios first. */
export function figureTable(pairs: readonly Pair[]): string {
  const rows = PLAN.rosters.flatMap((contacts) => {
    const used = counted(pairs, contacts);
    const everysec = used.flatMap(({ raw, everysec }) => (everysec ? [{ raw, earshot: everysec }] : []));
    return [
      ...sideRows(`${contacts} in each roster`, toFigures(used)),
      ...(everysec.length > 0 ? sideRows(`${contacts} in each roster, \`everysec\``, toFigures(everysec)) : []),
    ];
  });
  const columns = ['', 'contacts', 'comparison', 'goal', '', 'Prosody alone', 'through Earshot'];
  return table(columns, [...rows, ...rosterRows(pairs)]);
}

function sideRows(who: string, { rate, quiet, half }: Figures): string[][] {
  const ms = (figure: Figure) => [`${figure.raw.toFixed(2)} ms`, `${figure.earshot.toFixed(2)} ms`];
  const added = (what: string, figure: Figure, goal: number) => [
    what,
    who,
    `${figure.value.toFixed(2)} × added`,
    `at most ${goal.toFixed(1)} ×`,
    verdict(figure.value <= goal),
    ...ms(figure),
  ];
  return [
    [
      'Tunes that reach a friend, a second',
      who,
      `ratio ${rate.value.toFixed(3)}`,
      `at least ${GOALS.rate}`,
      verdict(rate.value >= GOALS.rate),
      rate.raw.toFixed(0),
      rate.earshot.toFixed(0),
    ],
    added('Time to the friend, quiet, median', quiet.median, GOALS.median),
    added('Time to the friend, quiet, p99', quiet.p99, GOALS.p99),
    added('Time to the friend at half load, median', half.median, GOALS.median),
    added('Time to the friend at half load, p99', half.p99, GOALS.p99),
  ];
}

function rosterRows(pairs: readonly Pair[]): string[][] {
  const what = 'A book of 300 with 60 matches: 120 roster items';
  return [
    rosterRow(`${what}, with the random wait before it is begun`, rosterFigure(pairs, 'waiting')),
    rosterRow('The same without that wait, which nobody may be able to foresee', rosterFigure(pairs, 'working')),
    carefulRow(rosterFigure(pairs, 'careful')),
  ];
}

/** What is left where all that is Earshot's own took no time. */
function carefulRow({ raw, earshot, value }: Figure): string[] {
  const what =
    'The same sets by the bare component, when it reads each roster first and withdraws a request before each set';
  return [
    what,
    '',
    `${value.toFixed(1)} times`,
    '',
    '',
    `${raw.toFixed(0)} ms`,
    `${earshot.toFixed(0)} ms, without Earshot`,
  ];
}

function rosterRow(what: string, { raw, earshot, value }: Figure): string[] {
  return [
    what,
    '',
    `${value.toFixed(1)} times; ${percent(1 - 1 / value)} of the time is Earshot’s`,
    `at most ${ROSTERS_GOAL} times`,
    verdict(value <= ROSTERS_GOAL),
    `${raw.toFixed(0)} ms`,
    `${earshot.toFixed(0)} ms`,
  ];
}

/** How far the figures can be trusted. */
export function disturbance(pairs: readonly Pair[]): string {
  const quiet = pairs.filter(isQuiet).length;
  if (quiet === pairs.length) return `Other programs left the machine alone in all ${pairs.length} rounds.`;
  return PLAN.rosters.every((contacts) => counted(pairs, contacts).every(isQuiet))
    ? `Other programs were busy in ${pairs.length - quiet} of ${pairs.length} rounds, which do not count.`
    : '**Other programs were busy on this machine in most rounds; run it again when it is quiet.**';
}

/** Every round, those that do not count as well. */
export function roundTable(pairs: readonly Pair[]): string {
  const sides = ({ raw, earshot, everysec }: Pair): [string, Round][] => [
    ['Prosody alone', raw],
    ['through Earshot', earshot],
    ...(everysec ? [['with `everysec`', everysec] as [string, Round]] : []),
  ];
  const rows = pairs.flatMap((pair) =>
    sides(pair).map(([side, { rate, quiet, half, others, cpu }]) => [
      String(pair.contacts),
      side,
      rate.toFixed(0),
      `${quiet.median.toFixed(2)} / ${quiet.p99.toFixed(2)}`,
      `${half.median.toFixed(2)} / ${half.p99.toFixed(2)}`,
      percent(others),
      cpu.server?.toFixed(2) ?? '',
      cpu.redis?.toFixed(2) ?? '',
    ]),
  );
  const load = ['machine used by others', 'server, ms a tune', 'redis, ms a tune'];
  return table(['contacts', '', 'tunes/s', 'quiet, ms', 'half load, ms', ...load], rows);
}

/** What each part of the stack spends on one tune. */
export function cpuTable(pairs: readonly Pair[]): string {
  const alone = new Map(cpuFigures(pairs.map(({ raw }) => raw)));
  const rows = cpuFigures(pairs.map(({ earshot }) => earshot)).map(([part, ms]) => [
    part,
    (alone.get(part) ?? 0).toFixed(2),
    ms.toFixed(2),
  ]);
  return table(['', 'Prosody alone', 'through Earshot'], rows);
}

function percent(part: number): string {
  return `${(part * 100).toFixed(0)} %`;
}
