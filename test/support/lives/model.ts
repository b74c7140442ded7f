import fc from 'fast-check';
import type { Policy } from '../../../domain/friendship/association.ts';

/** Contacts by uid, each a list of numbers; one without a uid stands under a name of its own. */
export type ModelBook = ReadonlyMap<string, readonly number[]>;
/** What somebody has settled: not to be found, and whom it blocks, by person and by number. */
export type ModelPrivacy = { hidden: boolean; people: ReadonlySet<number>; numbers: ReadonlySet<number> };
/** Somebody in the model: the number is undefined for who is no subscriber at present; `noTo`: person → its number then. */
export type Modelled = {
  number: number | undefined;
  book: ModelBook;
  noTo: ReadonlyMap<number, number>;
  privacy: ModelPrivacy;
};
export type ModelContact = { uid: string | undefined; numbers: number[] };

/** What may happen; people and numbers are indices. */
export type Step =
  | { do: 'join'; who: number; number: number }
  | { do: 'change-number'; who: number; number: number }
  | { do: 'put-book'; who: number; contacts: ModelContact[] }
  | { do: 'change-book'; who: number; upsert: ModelContact[]; remove: string[] }
  | { do: 'decline'; who: number; other: number }
  | { do: 'set-privacy'; who: number; hidden: boolean; people: number[]; numbers: number[] }
  | { do: 'leave'; who: number }
  | { do: 'drop-book'; who: number };

export const PEOPLE = 3;
export const NUMBERS = 4;
const OPEN: ModelPrivacy = { hidden: false, people: new Set(), numbers: new Set() };
export const NOBODY: Modelled = { number: undefined, book: new Map(), noTo: new Map(), privacy: OPEN };
const UIDS = ['a', 'b', 'c'];

const who = fc.nat(PEOPLE - 1);
const number = fc.nat(NUMBERS - 1);
const numbers = fc.uniqueArray(number, { minLength: 1, maxLength: 3 });
const named = (maxLength: number) =>
  fc.uniqueArray(fc.record({ uid: fc.constantFrom(...UIDS), numbers }), { maxLength, selector: ({ uid }) => uid });
const nameless = fc.array(fc.record({ uid: fc.constant(undefined), numbers }), { maxLength: 2 });
const contacts = fc.tuple(named(3), nameless).map((parts): ModelContact[] => parts.flat());
const changes = fc
  .record({ upsert: named(2), remove: fc.subarray([...UIDS, 'unknown']) })
  .map(({ upsert, remove }) => ({ upsert, remove: remove.filter((uid) => upsert.every((one) => one.uid !== uid)) }));
const only = <T extends Step['do']>(name: T) => fc.constant(name);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: only('join'), who, number }) },
  { weight: 1, arbitrary: fc.record({ do: only('leave'), who }) },
  { weight: 2, arbitrary: fc.record({ do: only('change-number'), who, number }) },
  { weight: 4, arbitrary: fc.record({ do: only('put-book'), who, contacts }) },
  {
    weight: 4,
    arbitrary: fc.tuple(who, changes).map(([one, what]): Step => ({ do: 'change-book', who: one, ...what })),
  },
  { weight: 3, arbitrary: fc.record({ do: only('decline'), who, other: who }) },
  { weight: 1, arbitrary: fc.record({ do: only('drop-book'), who }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: only('set-privacy'),
      who,
      hidden: fc.nat(3).map((n) => n === 0),
      people: fc.uniqueArray(who, { maxLength: 1 }),
      numbers: fc.uniqueArray(number, { maxLength: 1 }),
    }),
  },
);
const everybodyJoins = Array.from({ length: PEOPLE }, (_, i): Step => ({ do: 'join', who: i, number: i }));

/** A life of a few people with few numbers, so that numbers are recycled, books meet often and noes end. */
export const steps: fc.Arbitrary<Step[]> = fc
  .array(step, { minLength: 4, maxLength: 24 })
  .map((life) => [...everybodyJoins, ...life]);

/** The whole of Earshot's matching. */
export function friendsInModel(people: readonly Modelled[], policy: Policy): number[][] {
  const holds = (a: Modelled, b: Modelled) => b.number !== undefined && numbersIn(a.book).has(b.number);
  return people.map((a, me) =>
    people.flatMap((b, other) => {
      if (a === b || a.number === undefined || b.number === undefined) return [];
      if (a.noTo.has(other) || b.noTo.has(me)) return [];
      if (a.privacy.hidden || b.privacy.hidden || blocks(a, other, b) || blocks(b, me, a)) return [];
      const friends = policy === 'either' ? holds(a, b) || holds(b, a) : holds(a, b) && holds(b, a);
      return friends ? [other] : [];
    }),
  );
}

/** For each, whom a block stands with, whoever of the two has made it. */
export function barredInModel(people: readonly Modelled[]): number[][] {
  return people.map((a, me) =>
    people.flatMap((b, other) => {
      if (a === b || a.number === undefined || b.number === undefined) return [];
      return blocks(a, other, b) || blocks(b, me, a) ? [other] : [];
    }),
  );
}

function blocks({ privacy }: Modelled, other: number, { number }: Modelled): boolean {
  return privacy.people.has(other) || (number !== undefined && privacy.numbers.has(number));
}

/** A no lasts until the number it was said to leaves the book. */
export function withBook(one: Modelled, book: ModelBook): Modelled {
  const [before, after] = [numbersIn(one.book), numbersIn(book)];
  const noTo = [...one.noTo].filter(([, number]) => !before.has(number) || after.has(number));
  return { ...one, book, noTo: new Map(noTo) };
}

export function toBook(contacts: readonly ModelContact[]): ModelBook {
  return new Map(contacts.map(({ uid, numbers }, i) => [uid ?? `nameless ${i}`, numbers]));
}

function numbersIn(book: ModelBook): Set<number> {
  return new Set([...book.values()].flat());
}
