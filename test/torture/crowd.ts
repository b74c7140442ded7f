import type { Api } from '../support/api.ts';
import { callUntil } from './calls.ts';
import { createLeave, ERASED, friendsOf, type Modelled, NEWCOMER, type State } from './model.ts';
import { WAYS } from './newcomers.ts';

/** A subscriber with the login of its XMPP account, and a token. */
export type Someone = Modelled & { jid: string; password: string; token: string };

/** Deletes the roster item of the other, however often it takes. */
export type Refuse = (one: Someone, other: Someone) => Promise<void>;

/** Some people, and what they do at random. */
export type Crowd = {
  readonly people: readonly Someone[];
  /** Those who are subscribers no longer. */
  readonly erased: readonly Someone[];
  /** What was done, from when to when (milliseconds since the epoch), and how it was with that person then. */
  readonly journal: readonly string[];
  mayHaveSeen(one: Someone, title: string): boolean;
  /** Everything was found to be as the model says. */
  settled(): void;
  /**
   * Each does some things, one after the other, and everybody at the same time; ends when every call has its answer. `refuse`: has
   * the client of somebody delete a friend; the two do nothing else meanwhile than play.
   */
  live(things: number, may?: { mayLeave?: boolean; refuse?: Refuse | undefined }): Promise<void>;
  /** For a copy of the data that is put back: returns how to have everybody again as now. */
  remember(): () => void;
  /** How many things were done. */
  count(): number;
};

/** Milliseconds; seconds. */
const SHORT = { ends: 2_000, length: 2 };
const LONG = { ends: 3_600_000, length: 3_600 };

type Thing = () => Promise<void>;

/** `random`: from 0 to 1. */
export async function createCrowd(api: Api, size: number, random: () => number): Promise<Crowd> {
  const leave = createLeave();
  const erased: Someone[] = [];
  const journal: string[] = [];
  let [numbers, titles, books, done] = [0, 0, 0, 0];
  const people = await Promise.all(Array.from({ length: size }, join));

  async function join(): Promise<Someone> {
    numbers += 1;
    const phoneNumber = `+86137${String(numbers).padStart(8, '0')}`;
    const { id, jid, password } = await (WAYS[numbers % WAYS.length] as (typeof WAYS)[number])(api, phoneNumber);
    const issued = await callUntil(api, [201], 'POST', `/v1/subscribers/${id}/tokens`);
    return { id, jid, password, token: String(issued.body.token), phoneNumber, now: NEWCOMER };
  }

  const some = (share: number) => people.filter(() => random() < share);

  /** Both states count until the answer is there. */
  async function change(one: Someone, next: State, call: () => Promise<unknown>): Promise<void> {
    one.next = next;
    leave.note(people);
    const begun = Date.now();
    await call();
    one.now = next;
    delete one.next;
    leave.note(people);
    done += 1;
    journal.push(`${begun}–${Date.now()} ${one.phoneNumber} ${inWords(next, people)}`);
  }

  const THINGS: readonly [share: number, thing: (one: Someone) => Thing][] = [
    [0.3, book],
    [0.2, privacy],
    [0.35, play],
    [0.15, stop],
  ];

  function book(one: Someone): Thing {
    const held = some(0.7).map(({ phoneNumber }) => phoneNumber);
    return () => {
      const kept = people.filter(({ id, phoneNumber }) => one.now.noTo.has(id) && held.includes(phoneNumber));
      const noTo = new Set(kept.map(({ id }) => id));
      return change(one, { ...one.now, book: new Set(held), noTo }, () => putBook(one, held, 'Contact'));
    };
  }

  function putBook({ id }: Someone, held: readonly string[], name: string): Promise<unknown> {
    const contacts = held.map((number) => ({ name: `${name} ${number}`, phoneNumbers: [number] }));
    return callUntil(api, [202], 'PUT', `/v1/subscribers/${id}/address-book`, { contacts });
  }

  function privacy(one: Someone): Thing {
    const [hidden, inPrivate] = [random() < 0.1, random() < 0.15];
    const blocked = some(0.1).flatMap((other) => (other === one ? [] : [{ subscriberId: other.id }]));
    const privateUntil = inPrivate ? new Date(Date.now() + 12 * LONG.ends).toISOString() : null;
    const settings = { discoverable: !hidden, audience: 'friends', privateUntil, blocked };
    const blocks = new Set(blocked.map(({ subscriberId }) => subscriberId));
    return () =>
      change(one, { ...one.now, hidden, inPrivate, blocks }, () =>
        callUntil(api, [200], 'PUT', `/v1/subscribers/${one.id}/privacy`, settings),
      );
  }

  function play(one: Someone): Thing {
    titles += 1;
    const title = `Title ${titles}`;
    const { ends, length } = random() < 0.15 ? SHORT : LONG;
    const tune = { kind: 'audio', title, length };
    return () =>
      change(one, { ...one.now, plays: { title, ends: Date.now() + ends } }, () =>
        callUntil(api, [202], 'PUT', `/v1/subscribers/${one.id}/now-playing`, tune),
      );
  }

  function stop(one: Someone): Thing {
    return () => {
      const { plays: _, ...next } = one.now;
      return change(one, next, () => callUntil(api, [204], 'DELETE', `/v1/subscribers/${one.id}/now-playing`));
    };
  }

  /** The book has other names afterwards: a deletion is noticed when the roster is read for another reason (decision 3). */
  function refusal(one: Someone, other: Someone, refuse: Refuse): Thing {
    return () =>
      change(one, { ...one.now, noTo: new Set([...one.now.noTo, other.id]) }, async () => {
        await refuse(one, other);
        books += 1;
        await putBook(one, [...one.now.book], `Contact of ${books},`);
      });
  }

  /** Another comes in the place of whoever leaves, with another number. */
  async function replace(one: Someone): Promise<void> {
    await change(one, ERASED, () => callUntil(api, [204, 404], 'DELETE', `/v1/subscribers/${one.id}`));
    people.splice(people.indexOf(one), 1);
    erased.push(one);
    people.push(await join());
  }

  function somePair(): Someone[] {
    const pairs = people.flatMap((one) => friendsOf(people, one).map((other) => [one, other]));
    return pairs[Math.floor(random() * pairs.length)] ?? [];
  }

  function any(one: Someone): Thing {
    let left = random();
    for (const [share, thing] of THINGS) {
      left -= share;
      if (left < 0) return thing(one);
    }
    return stop(one);
  }

  return {
    people,
    erased,
    journal,
    mayHaveSeen: leave.mayHaveSeen,
    settled: () => leave.settled(people),
    async live(most, { mayLeave = false, refuse } = {}) {
      const [one, other] = refuse && random() < 0.5 ? somePair() : [];
      const leaves = mayLeave && random() < 0.3 ? people[Math.floor(random() * people.length)] : undefined;
      // Drawn before anything is done, so that the same seed gives the same.
      const plans = people.map((who) => {
        const things = Array.from({ length: most }, () => (who === one || who === other ? play(who) : any(who)));
        return refuse && other && who === one ? [refusal(one, other, refuse), ...things] : things;
      });
      await Promise.all(
        plans.map(async (plan) => {
          for (const thing of plan) await thing();
        }),
      );
      if (leaves) await replace(leaves);
    },
    remember() {
      const states = people.map((one) => [one, one.now] as const);
      return () => {
        for (const [one, now] of states) one.now = now;
        leave.note(people);
      };
    },
    count: () => done,
  };
}

function inWords({ book, hidden, blocks, noTo, inPrivate, plays }: State, people: readonly Someone[]): string {
  return [
    ...(hidden ? ['hidden'] : []),
    ...(inPrivate ? ['in private'] : []),
    ...(plays ? [`plays ${plays.title}`] : []),
    `has ${[...book].join(' ')}`,
    `blocks ${numbersOf(blocks, people)}`,
    `no to ${numbersOf(noTo, people)}`,
  ].join('; ');
}

function numbersOf(ids: ReadonlySet<string>, people: readonly Someone[]): string {
  return people.flatMap(({ id, phoneNumber }) => (ids.has(id) ? [phoneNumber] : [])).join(' ');
}
