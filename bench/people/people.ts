import { inBatches } from '../../runtime/batches.ts';
import type { Api, Contact, Person } from '../../test/support/api.ts';

/** How many accounts are made side by side. */
const SIDE_BY_SIDE = 8;

let next = 13_800_000_000;

/** New subscribers with accounts of their own. */
export async function join(api: Api, count: number, name: string): Promise<Person[]> {
  const numbers = Array.from({ length: count }, () => {
    next += 1;
    return `+86${next}`;
  });
  const people: Person[] = [];
  for (const part of inBatches(numbers, SIDE_BY_SIDE))
    people.push(...(await Promise.all(part.map((number, i) => api.join(number, `${name} ${people.length + i}`)))));
  return people;
}

/** A book that holds these people. */
export function bookOf(people: readonly Person[]): Contact[] {
  return people.map(({ phoneNumber }, i) => ({ name: `Friend ${i}`, phoneNumbers: [phoneNumber] }));
}

/** A book that holds `count` numbers of people who are no subscribers. */
export function bookOfStrangers(count: number): Contact[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `Stranger ${i}`,
    phoneNumbers: [`+86${13_900_000_000 + i}`],
  }));
}
