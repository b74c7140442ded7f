import { onlineOf } from '../../domain/account/presence.ts';
import { slicesOf } from '../../store/base/slices.ts';
import type { Context } from '../context.ts';
import type { Glance, Listener, Person } from './listener.ts';
import { createPresences, OFFLINE, type Presence, type Seen, see } from './seen.ts';

/** People who are looked at at a time; the others wait, those who have changed before those who are asked about. */
const AT_ONCE = 32;
/** Milliseconds until somebody is looked at again when the store did not answer. */
const TRY_AGAIN = 500;
/** Looks at somebody who changes all the time before what was seen is told. */
const TRIES = 3;

export type Looks = ReturnType<typeof createLooks>;

/**
 * Looks at people when they have changed, or when somebody asks: one question for all who follow
 * them, and one at a time about each, so that whoever changes ever so often is looked at as often as
 * there is time. `show`: what the followers see of one who has changed; `wake`: to be looked at then.
 */
export function createLooks(
  { stores, now, tracing }: Pick<Context, 'stores' | 'now' | 'tracing'>,
  calls: { show(person: Person, listener: Listener, glance: Glance): void; wake(person: Person, time: number): void },
) {
  const toPresence = createPresences();
  const changed = new Set<Person>();
  const asked = new Set<Person>();
  let looking = 0;

  function go(): void {
    while (looking < AT_ONCE) {
      const person = first(changed) ?? first(asked);
      if (!person) return;
      changed.delete(person);
      asked.delete(person);
      looking += 1;
      person.looking = true;
      void look(person).finally(() => {
        looking -= 1;
        person.looking = false;
        enlist(person);
      });
    }
  }

  function enlist(person: Person): void {
    if (!person.looking && person.changed) changed.add(person);
    else if (!person.looking && person.asked.length > 0) asked.add(person);
    go();
  }

  async function look(person: Person): Promise<void> {
    const questions = person.asked.splice(0);
    const all = person.changed ? [...person.followers.keys()] : [];
    // Once, and for all of them: what is heard from now on has a look of its own.
    person.changed = false;
    const onlookers = [...questions.map(({ listener }) => listener), ...all];
    try {
      let from = 0;
      for (const part of slicesOf(onlookers)) {
        const seen = await seeNewest(person, part);
        const { version } = person;
        for (const [i, listener] of part.entries()) {
          const glance = { seen, tune: seen.tuneFor(i), isFriend: seen.isFriend(i), version };
          const question = questions[from + i];
          if (question) question.tell(glance);
          else calls.show(person, listener, glance);
        }
        from += part.length;
      }
      if (all.length > 0 && !person.changed) endSpan(person, all.length);
    } catch (err) {
      for (const { fail } of questions) fail(err);
      if (all.length > 0) setTimeout(() => note(person), TRY_AGAIN).unref();
    }
  }

  /** What was heard of while it was looked at may be that nobody is to see it any more. */
  async function seeNewest(person: Person, onlookers: readonly Listener[]): Promise<Seen> {
    for (let tries = 1; ; tries += 1) {
      const { version } = person;
      const seen = await seeFor(person, onlookers);
      if (person.version === version || tries === TRIES) return seen;
    }
  }

  async function seeFor(person: Person, onlookers: readonly Listener[]): Promise<Seen> {
    const ids = onlookers.map(({ id }) => id);
    const sight = await stores.sights.read(person.id, ids);
    const seen = see(person.id, sight, await presenceOf(person, sight.subscriber?.jid), now());
    if (seen.until !== undefined) calls.wake(person, seen.until);
    return seen;
  }

  async function presenceOf(person: Person, jid: string | undefined): Promise<Presence> {
    if (person.presence) return person.presence;
    if (jid === undefined) return OFFLINE;
    const { presences } = person;
    const [resources = []] = await stores.presences.of([jid]);
    const presence = resources.length > 0 ? toPresence(onlineOf(resources)) : OFFLINE;
    if (presences === person.presences) person.presence = presence;
    return presence;
  }

  /** It has changed, or its time has come: everybody who follows it is told what differs. `trace`: of the request that changed it, where that is traced. */
  function note(person: Person, trace?: string): void {
    person.version += 1;
    if (person.followers.size === 0) return;
    person.changed = true;
    if (trace !== undefined) beginSpan(person, trace);
    enlist(person);
  }

  /** The look that comes shows the newest: what was to be told before is not told by itself. */
  function beginSpan(person: Person, trace: string): void {
    endSpan(person, 0);
    person.span = tracing?.follow('tell event streams', 'internal', trace, { subject: person.id });
  }

  return {
    note,

    /** What this one sees of it now. */
    ask(person: Person, listener: Listener): Promise<Glance> {
      return new Promise((tell, fail) => {
        person.asked.push({ listener, tell, fail });
        enlist(person);
      });
    },
  };
}

/** `streams`: those that were told. */
function endSpan(person: Person, streams: number): void {
  person.span?.end({ attributes: { 'earshot.streams': streams } });
  person.span = undefined;
}

function first<T>(set: ReadonlySet<T>): T | undefined {
  for (const one of set) return one;
  return undefined;
}
