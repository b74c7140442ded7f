import { Fault } from '../../domain/fault.ts';
import { seal, unseal } from '../../runtime/secret/sealing.ts';
import type { ChangesStep } from './changes-page.ts';

/** Where a page of everybody begins. `asOf`: when the walk has begun, in seconds since the epoch. */
export type RollStep = { index: number; asOf: number };

const PURPOSE = 'cursor of the list of subscribers';
/** Of any number, or the length of a cursor would tell how long it is. */
const DIGITS = 12;

/** Cursors of the list of subscribers. They are sealed, as they count the subscribers, and the changes, of all carriers. */
export function createListCursors(secretsKey: Buffer) {
  // A cursor is taken only with the time that it is for.
  const purposeOf = (since: number) => `${PURPOSE} changed since ${since}`;

  /** The numbers that were closed, and what stands after so many of them. */
  function open(purpose: string, cursor: string, count: number): { numbers: number[]; word: string } {
    const text = unseal(secretsKey, purpose, cursor);
    if (text === undefined)
      throw new Fault(
        'INVALID_ARGUMENT',
        'cursor must be the next of the page before, and the rest be asked as it was.',
      );
    const numbers = Array.from({ length: count }, (_, i) => Number(text.slice(i * DIGITS, (i + 1) * DIGITS)));
    return { numbers, word: text.slice(count * DIGITS) };
  }

  function close(purpose: string, numbers: readonly number[], word = ''): string {
    return seal(secretsKey, purpose, numbers.map((one) => `${one}`.padStart(DIGITS, '0')).join('') + word);
  }

  return {
    ofRoll: ({ index, asOf }: RollStep) => close(PURPOSE, [index, asOf]),

    rollStep(cursor: string): RollStep {
      const [index = 0, asOf = 0] = open(PURPOSE, cursor, 2).numbers;
      return { index, asOf };
    },

    ofChanges(since: number, { asOf, partition, at }: ChangesStep): string {
      const { second } = at.place;
      const [span, field] = at.are === 'there' ? [at.place.span, at.place.field + 1] : [0, 0];
      const which = at.are === 'gone' ? at.place.which : '';
      return close(purposeOf(since), [asOf, partition, second, span, field], ` ${at.are} ${which}`);
    },

    changesStep(since: number, cursor: string): ChangesStep {
      const { numbers, word } = open(purposeOf(since), cursor, 5);
      const [asOf = 0, partition = 0, second = 0, span = 0, field = 0] = numbers;
      const [, are, which = ''] = word.split(' ');
      const at =
        are === 'gone'
          ? { are: 'gone' as const, place: { second, which } }
          : { are: 'there' as const, place: { second, span, field: field - 1 } };
      return { asOf, partition, at };
    },
  };
}
