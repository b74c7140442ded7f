import type { EventSource } from '../../store/base/events.ts';
import type { Listener, Person } from './listener.ts';

/** One for all who have no streams of their own. */
const NONE: readonly Listener[] = [];

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
        if (person.followers.size > 0 || person.own.length > 0 || person.waiting > 0) continue;
        if (person.idle) over.push(person);
        else person.idle = true;
      }
      for (const person of over) {
        people.delete(person.id);
        forgotten(person);
      }
      // A connection that is away has no subscription to give up.
      if (over.length > 0) await events.unlisten(over.map(({ id }) => id)).catch(() => {});
    },
  };
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
