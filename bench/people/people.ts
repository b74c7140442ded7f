import { inBatches } from '../../runtime/batches.ts';
import type { Api, Contact, Person } from '../../test/support/api.ts';

/** How many accounts are made side by side. */
const SIDE_BY_SIDE = 8;

let next = 0;

/** New subscribers with accounts of their own. `prefix`: how their numbers begin, up to the last eight digits. */
export async function join(api: Api, count: number, name: string, prefix = '+86138'): Promise<Person[]> {
  const numbers = Array.from({ length: count }, () => {
    next += 1;
    return `${prefix}${String(next).padStart(8, '0')}`;
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
