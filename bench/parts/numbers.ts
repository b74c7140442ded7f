import { COUNTRIES, tallyReadings } from '../../test/support/written-numbers.ts';
import type { Row } from '../report/rows.ts';

const NUMBERS = { forms: 150_000, seed: 1, goals: { wrong: 0, missed: 0.005 } } as const;

/** Whose numbers are read from what people write, and whose are missed. */
export function numbers(say: (line: string) => void): Row[] {
  const { forms, wrong, guessedWrong, missed } = tallyReadings(NUMBERS.forms, NUMBERS.seed);
  for (const { field, owner, e164 } of [...wrong, ...missed].slice(0, 20))
    say(`${JSON.stringify(field)} in a book from ${owner} is not read as ${e164 ?? 'nothing'}`);
  const what = `${forms.toLocaleString('en')} written forms of numbers, over ${COUNTRIES.length} countries`;
  const share = missed.length / forms;
  return [
    {
      what: `${what}: read as somebody else’s number, as sure`,
      measured: `${wrong.length}`,
      goal: `${NUMBERS.goals.wrong}`,
      met: wrong.length <= NUMBERS.goals.wrong,
    },
    {
      what: 'The same: not read as the number that was meant; and read as somebody else’s, marked as guessed',
      measured: `${percent(share)}; ${percent(guessedWrong.length / forms)}`,
      goal: `under ${percent(NUMBERS.goals.missed)}`,
      met: share < NUMBERS.goals.missed,
    },
  ];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
