import { inBatches } from '../../runtime/batches.ts';
import type { EventSource } from '../../store/base/events.ts';
import type { Listener, Person } from './listener.ts';

/** One for all who have no streams of their own. */
const NONE: readonly Listener[] = [];

/** Of how many Redis is told at once that they are heard no more. */
const AT_ONCE = 500;

/** The same for all whose changes are heard. */
const HEARD = Promise.resolve();

export type People = ReturnType<typeof createPeople>;

/**
 * Everybody whose changes are heard here, by id. Who is followed no more is heard for a round longer: it may be the same client that comes
 * back. `forgotten`: is told who is heard no more.
 */
export function createPeople(events: Pick<EventSource, 'listen' | 'unlisten'>, forgotten: (person: Person) => void) {
  const people = new Map<string, Person>();

  return {
    get: (id: string) => people.get(id),
    all: () => people.values(),

    /** These people, once everything that changes about them is heard. */
    async hear(ids: readonly string[]): Promise<Person[]> {
      const missing = ids.filter((id) => !people.has(id));
      const heard = missing.length > 0 ? events.listen(missing) : Promise.resolve();
      for (const id of missing) people.set(id, newPerson(id, heard));
      heard.catch(() => missing.map((id) => people.delete(id)));
      const found = ids.map((id) => people.get(id) as Person);
      for (const person of found) person.waiting += 1;
      try {
        await Promise.all(new Set(found.map((person) => person.heard)));
        for (const person of found) person.heard = HEARD;
      } finally {
        for (const person of found) {
          person.waiting -= 1;
          person.idle = false;
        }
      }
      return found;
    },

    /** To be called once in a while. */
    async forgetIdle(): Promise<void> {
      const over: Person[] = [];
      for (const person of people.values()) {
        if (isNeeded(person)) continue;
        if (person.idle) over.push(person);
        else person.idle = true;
      }
      for (const some of inBatches(over, AT_ONCE)) await giveUp(some);
    },
  };

  /** Those of them who did not come back while others were given up. */
  async function giveUp(some: readonly Person[]): Promise<void> {
    const gone = some.filter((person) => people.get(person.id) === person && person.idle && !isNeeded(person));
    for (const person of gone) {
      people.delete(person.id);
      forgotten(person);
    }
    if (gone.length > 0) await events.unlisten(gone.map(({ id }) => id));
  }
}

function isNeeded({ followers, own, waiting }: Person): boolean {
  return followers.size > 0 || own.length > 0 || waiting > 0;
}

function newPerson(id: string, heard: Promise<void>): Person {
  return {
    id,
    followers: new Map(),
    own: NONE,
    heard,
    changed: false,
    version: 0,
    asked: [],
    looking: false,
    span: undefined,
    presence: undefined,
    presences: 0,
    waiting: 0,
    idle: false,
  };
}
