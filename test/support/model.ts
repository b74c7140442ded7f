import fc from 'fast-check';
import type { Policy } from '../../domain/association.ts';

/** Somebody in the model: the number is undefined for who is no subscriber at present. */
export type Modelled = { number: string | undefined; book: ReadonlySet<string> };

/** What may happen; people and numbers are indices. */
export type Step =
  | { do: 'join'; who: number; number: number }
  | { do: 'leave'; who: number }
  | { do: 'change-number'; who: number; number: number }
  | { do: 'put-book'; who: number; numbers: number[] }
  | { do: 'drop-book'; who: number };

export const PEOPLE = 4;
export const NUMBERS = 5;

const who = fc.nat(PEOPLE - 1);
const number = fc.nat(NUMBERS - 1);

/** A life of a few people with few numbers, so that numbers are recycled and books meet often. */
export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('join' as const), who, number }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), who }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('change-number' as const), who, number }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('put-book' as const), who, numbers: fc.uniqueArray(number) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('drop-book' as const), who }) },
  ),
  { minLength: 3, maxLength: 14 },
);

/** The whole of Earshot's matching, for books of one number a contact. */
export function friendsInModel(people: readonly Modelled[], policy: Policy): number[][] {
  const holds = (a: Modelled, b: Modelled) => b.number !== undefined && a.book.has(b.number);
  return people.map((a) =>
    people.flatMap((b, i) => {
      if (a === b || a.number === undefined || b.number === undefined) return [];
      const friends = policy === 'either' ? holds(a, b) || holds(b, a) : holds(a, b) && holds(b, a);
      return friends ? [i] : [];
    }),
  );
}
