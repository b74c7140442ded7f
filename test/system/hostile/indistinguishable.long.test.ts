import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { Answer, Api, Person } from '../../support/api.ts';
import { untilDone } from '../../support/eventually.ts';
import { WHOLE, whole } from '../../support/length.ts';
import { rankTest } from '../../support/measure/rank-test.ts';
import { random } from '../../support/random.ts';
import { startWithoutXmpp, type WithoutXmpp } from '../../support/servers/without-xmpp.ts';
import { addSubscriber } from '../../support/subscribers.ts';

/** Of each kind of number. */
const SAMPLES = whole(500, 60);
/** Accounts with which the attacker waits side by side. */
const LANES = 25;
/** Milliseconds between two looks at the state, and how long it is sure not to be current. */
const POLL = 4;
const QUIET = 475;
/** Beyond this, two distributions are not the same (`rankTest`). */
const SURE = 4;

/** `caller`: the key of the number of the attacker who will add this one. */
type Make = (world: WithoutXmpp, phoneNumber: string, caller: string) => Promise<void>;
type Kind = { name: string; make: Make };
type Asks = Record<string, (phoneNumber: string) => Promise<Answer>>;
type Calls = { change: Asks[string]; meanwhile: Asks; atRest: Asks };

/** What a number may be; all of them must look like the first. */
const KINDS: Kind[] = [
  { name: 'unknown', make: async () => {} },
  { name: 'one-sided', make: async (world, number) => void (await register(world, number)) },
  { name: 'hidden', make: hide },
];

/** A subscriber who does not hold the attacker. */
async function register({ stores, keyOf }: WithoutXmpp, phoneNumber: string): Promise<string> {
  const id = randomUUID();
  const subscriber = { id, phoneNumber, numberKey: keyOf(phoneNumber), jid: `${id}@op.example`, displayName: 'Bob' };
  await addSubscriber(stores, subscriber, Date.now());
  return id;
}

/** A subscriber who holds the attacker and lets nobody find it. */
async function hide(world: WithoutXmpp, phoneNumber: string, caller: string): Promise<void> {
  const id = await register(world, phoneNumber);
  await world.stores.privacies.conceal(id);
  const attacker = { name: 'Attacker', groups: [], numberKeys: [caller] };
  await world.stores.addressBooks.replace(id, new Map([['attacker', attacker]]), Date.now());
}

describe('a number in a book, or that is blocked', () => {
  let world: WithoutXmpp;
  let numbers = 0;

  before(async () => {
    world = await startWithoutXmpp({
      EARSHOT_NUMBER_BUDGET: '1000000',
      EARSHOT_LIMIT_SUBSCRIBER: '0',
      EARSHOT_LIMIT_ADDRESS: '0',
    });
  });

  after(async () => world?.stop());

  const nextNumber = () => {
    numbers += 1;
    return `+86139${String(numbers).padStart(8, '0')}`;
  };

  type Sample = { kind: Kind; phoneNumber: string; attacker: Person };

  /** In a random order, so that nothing else that changes meanwhile speaks for one kind. */
  async function makeSamples(attackers: readonly Person[]): Promise<Sample[]> {
    const samples = KINDS.flatMap((kind) =>
      Array.from({ length: SAMPLES }, (_, i) => {
        const attacker = attackers[i % attackers.length] as Person;
        return { kind, phoneNumber: nextNumber(), attacker };
      }),
    );
    for (const { kind, phoneNumber, attacker } of samples)
      await kind.make(world, phoneNumber, world.keyOf(attacker.phoneNumber));
    await untilDone('subscribers to be looked at', () => world.stores.due.waiting('reconcile'));
    return samples
      .map((sample) => ({ sample, at: random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ sample }) => sample);
  }

  const add = (api: Api, phoneNumber: string) =>
    api.call('PATCH', '/v1/subscribers/me/address-book', {
      upsert: [{ uid: phoneNumber, name: 'Somebody', phoneNumbers: [phoneNumber] }],
    });

  const block = (api: Api, phoneNumber: string) =>
    api.call('PUT', '/v1/subscribers/me/privacy', {
      ...{ discoverable: true, audience: 'friends', privateUntil: null },
      blocked: [{ phoneNumber }],
    });

  /** What an answer shows besides its time, and besides what was sent. */
  function shape({ status, headers, text, body }: Answer): string {
    const { version: _, contacts: __, blocked: ___, ...rest } = body as Record<string, unknown>;
    const names = [...headers.keys()].filter((name) => name !== 'x-correlator').sort();
    const digits = text.replace(/\d+/g, (number) => '0'.repeat(`${number}`.length > 4 ? 5 : 4));
    return JSON.stringify([status, names, digits.length, rest]);
  }

  /**
   * What differs in one look is looked at once more, in other samples: of all that is compared in this file something differs by
   * chance in one of a thousand runs, and hardly ever the same thing twice. `look` gives what differs.
   */
  async function isTheSame(look: () => Promise<string[]>): Promise<void> {
    const first = await look();
    const next = first.length > 0 ? await look() : [];
    expect(next.filter((what) => first.includes(what))).to.deep.equal([]);
  }

  /**
   * All calls are made for each number, one after the other, and none of their answers may tell of what kind it is. Nor may the time of the change,
   * nor those of the looks at rest. A look meanwhile shares the machine with the worker, who has more to do for a number that has an
   * owner (decision 280). Gives whose times differ.
   */
  async function differing(attacker: Person, { change, meanwhile, atRest }: Calls): Promise<string[]> {
    const [times, shapes] = [new Map<string, number[]>(), new Map<string, Set<string>>()];
    let changed = 0;
    const make = async (calls: Asks, { kind, phoneNumber }: Sample, timed: boolean) => {
      for (const [call, ask] of Object.entries(calls)) {
        const start = performance.now();
        const answer = await ask(phoneNumber);
        const end = performance.now();
        const made = `${call} ${kind.name}`;
        if (timed) note(times, made, end - start);
        // Later it may be current already, which another test is about.
        if (end - changed < QUIET) shapes.set(made, (shapes.get(made) ?? new Set()).add(shape(answer)));
      }
    };
    for (const sample of await makeSamples([attacker])) {
      changed = performance.now();
      await make({ change }, sample, true);
      await make(meanwhile, sample, false);
      await untilDone('the change to be followed', () => world.stores.due.waiting('reconcile'));
      await make(atRest, sample, true);
    }
    const [unknown, ...others] = KINDS.map(({ name }) => name) as [string, ...string[]];
    const timed = ['change', ...Object.keys(atRest)];
    const differ: string[] = [];
    for (const other of others) {
      for (const call of [...timed, ...Object.keys(meanwhile)]) {
        const shown = (kind: string) => [...(shapes.get(`${call} ${kind}`) ?? [])];
        expect(shown(unknown), `${call}: nothing was seen`).to.not.be.empty;
        expect(shown(other), `${call}: ${other}`).to.deep.equal(shown(unknown));
      }
      for (const call of timed) {
        const took = (kind: string) => times.get(`${call} ${kind}`) ?? [];
        if (Math.abs(rankTest(took(unknown), took(other))) >= SURE) differ.push(`${call}: ${other}`);
      }
    }
    for (const call of timed) seesDifferences(times.get(`${call} ${unknown}`) ?? [], call);
    return differ;
  }

  it('shows neither by its answers nor by their times whether it has an owner', async () => {
    const attacker = await world.join('+8613800138000');
    const api = world.apiOf(attacker);
    const book = () => api.call('GET', '/v1/subscribers/me/address-book');
    const friends = () => api.call('GET', '/v1/subscribers/me/friends');
    const calls = {
      change: (phoneNumber: string) => add(api, phoneNumber),
      meanwhile: { book, friends },
      atRest: { 'book at rest': book, 'friends at rest': friends },
    };
    await isTheSame(() => differing(attacker, calls));
  });

  it('shows nothing of it where it is blocked either, which costs no budget', async () => {
    const attacker = await world.join('+8613800138001');
    const api = world.apiOf(attacker);
    const book = () => api.call('GET', '/v1/subscribers/me/address-book');
    const friends = () => api.call('GET', '/v1/subscribers/me/friends');
    const pending = async () => {
      const exported = await api.call('GET', '/v1/subscribers/me/export');
      const { due, ...rest } = exported.body.pending as unknown as { due: { work: string }[] };
      // No component listens to anybody here.
      expect(due.map(({ work }) => work)).to.deep.equal(['listen']);
      expect(rest).to.deep.equal({ numberHashes: [], subscribers: [], rosterItems: [] });
      return book();
    };
    const before = await book();
    const calls = {
      change: (phoneNumber: string) => block(api, phoneNumber),
      meanwhile: {
        book,
        again: async () => {
          const seen = await book();
          // Whatever goes on: who asks again and again sees no end of it.
          expect([seen.body.state, seen.headers.get('etag')]).to.deep.equal(['current', before.headers.get('etag')]);
          return seen;
        },
        pending,
        friends,
      },
      atRest: { 'pending at rest': pending, 'friends at rest': friends },
    };
    await isTheSame(() => differing(attacker, calls));
  });

  it('is current after the same time, whether or not it has an owner', async () => {
    const attackers: Person[] = [];
    for (let i = 0; i < LANES; i += 1) attackers.push(await world.join(nextNumber()));
    await isTheSame(async () => {
      const samples = await makeSamples(attackers);
      const times = new Map<string, number[]>();
      await Promise.all(
        attackers.map(async (attacker) => {
          const api = world.apiOf(attacker);
          for (const { kind, phoneNumber } of samples.filter((sample) => sample.attacker === attacker)) {
            const start = performance.now();
            await add(api, phoneNumber);
            await sleep(QUIET + POLL * random());
            while ((await api.call('GET', '/v1/subscribers/me/address-book')).body.state !== 'current')
              await sleep(POLL);
            note(times, kind.name, performance.now() - start);
          }
        }),
      );
      const [unknown, ...others] = KINDS.map(({ name }) => times.get(name) ?? []) as [number[], ...number[][]];
      seesDifferences(unknown, 'current');
      return KINDS.slice(1).flatMap(({ name }, i) =>
        Math.abs(rankTest(unknown, others[i] ?? [])) >= SURE ? [name] : [],
      );
    });
  });
});

/**
 * What is no different must not be too noisy to differ: says which delay of it would have been seen. The part of the samples that `npm test` takes, on a
 * machine that does other things, may be too noisy; the whole of them at night may not.
 */
function seesDifferences(times: readonly number[], what: string): void {
  const sorted = [...times].sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1] ?? 0;
  const seen = [0.5, 1, 2, 4, 8, 16, 32, 64, 128].find(
    (delay) =>
      rankTest(
        times,
        times.map((time) => time + delay),
      ) > SURE,
  );
  process.stdout.write(`      ${what}: median ${median.toFixed(1)} ms, ${seen} ms more would have been seen\n`);
  if (WHOLE) expect(seen, 'a delay that would have been seen').to.not.equal(undefined);
}

function note(times: Map<string, number[]>, what: string, time: number): void {
  times.set(what, [...(times.get(what) ?? []), time]);
}
