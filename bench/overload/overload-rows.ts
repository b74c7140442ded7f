import { ROLES } from '../../local/processes.ts';
import { median, p99 } from '../median.ts';
import type { Row } from '../report/rows.ts';
import type { Flooded } from './callers.ts';
import type { Memory } from './memory.ts';
import type { Kind, Told } from './others.ts';
import { OVERLOAD } from './overload-plan.ts';

/** What is measured of one minute. Times in milliseconds, MB of memory. */
export type Minute = {
  flooded: Flooded;
  told: Record<Kind, Told>;
  quiet: number;
  recovered: number;
  shown: number;
  lost: number;
  memory: Record<'before' | 'first' | 'second' | 'later', Memory>;
};

/** `wanted`: calls a second that there were to be. */
export function rowsOf(
  when: string,
  { flooded, told, quiet, recovered, shown, lost, memory }: Minute,
  wanted?: number,
): Row[] {
  const { recovery, again } = OVERLOAD;
  const seconds = (time: number) => `${(time / 1_000).toFixed(1)} s`;
  const rows = [
    ...loadRows(flooded, wanted),
    ...otherRows(told, flooded),
    row('subscribers of whom a tune was lost that was taken in', `${lost}`, '0', lost === 0),
    row(
      `afterwards, until a call is answered within ${again} times the ${quiet.toFixed(1)} ms of before`,
      seconds(recovered),
      `at most ${recovery / 1_000} s`,
      recovered <= recovery,
    ),
    row(
      'afterwards, until every friend is shown what was played last',
      seconds(shown),
      `at most ${recovery / 1_000} s`,
      shown <= recovery,
    ),
    ...memoryRows(memory),
  ];
  return rows.map((one) => ({ ...one, what: `${when}: ${one.what}` }));
}

function loadRows({ sent, seconds, statuses, unanswered, hasty, taken }: Flooded, wanted: number | undefined): Row[] {
  const rate = sent / seconds;
  const waits = taken.map((one) => one.answered - one.sent);
  const refused = (statuses['503'] ?? 0) + (statuses['429'] ?? 0);
  const rest = sent - taken.length - refused + hasty;
  const share = (count: number) => `${((count * 100) / sent).toFixed(1)} %`;
  return [
    row(
      `calls, for ${OVERLOAD.duration / 1_000} s`,
      `${rate.toFixed(0)} a second`,
      wanted === undefined ? '' : `${wanted.toFixed(0)} a second`,
      wanted === undefined ? undefined : rate >= wanted * 0.99,
    ),
    row('taken in (`202`)', `${share(taken.length)}: ${(taken.length / seconds).toFixed(0)} a second`),
    row('refused (`503` or `429`) with `Retry-After`', share(refused - hasty)),
    row('answered otherwise, or not at all', `${rest}, ${unanswered} of them not at all`, '0', rest === 0),
    row('time of what was taken in', `median ${median(waits).toFixed(0)} ms, p99 ${p99(waits).toFixed(0)} ms`),
  ];
}

function otherRows(told: Record<Kind, Told>, { sent, taken }: Flooded): Row[] {
  const shares = {
    withdrawals: share(told.withdrawal),
    tunes: taken.length / sent,
    'books and rounds': share({
      calls: told.book.calls + told.round.calls,
      taken: told.book.taken + told.round.taken,
    }),
    imports: share(told.import),
  };
  const values = Object.values(shares);
  const { probe } = told;
  return [
    row(
      `probes: longest answer of ${probe.calls}`,
      `${probe.longest.toFixed(0)} ms, ${probe.calls - probe.taken} not answered 200`,
      `at most ${OVERLOAD.probe} ms, all`,
      probe.longest <= OVERLOAD.probe && probe.taken === probe.calls,
    ),
    row(
      'taken in, of each kind',
      Object.entries(shares)
        .map(([name, value]) => `${name} ${(value * 100).toFixed(0)} %`)
        .join(', '),
      'in this order, withdrawals all',
      values[0] === 1 && values.every((value, i) => value <= (values[i - 1] ?? 1) + OVERLOAD.alike),
    ),
  ];
}

function share({ calls, taken }: Pick<Told, 'calls' | 'taken'>): number {
  return taken / calls;
}

function memoryRows({ before, first, second, later }: Minute['memory']): Row[] {
  return ROLES.map((role) => {
    const mb = (memory: Memory) => memory[role].toFixed(0);
    return row(
      `memory of the ${role} before, at most in each half, ${OVERLOAD.recovery / 1_000} s after`,
      `${mb(before)}, ${mb(first)} and ${mb(second)}, ${mb(later)} MB`,
      `second half at most ${OVERLOAD.growth} times the first`,
      second[role] <= OVERLOAD.growth * first[role],
    );
  });
}

/** Without a goal it is neither met nor missed. */
export function row(what: string, measured: string, goal = '', met: boolean | undefined = undefined): Row {
  return { what, measured, goal, met };
}
