import { expect } from 'chai';
import type { Queues } from '../../../runtime/queue/queues.ts';
import type { Stores } from '../../../store/stores.ts';
import { keysOf } from '../../../store/subscriber/subscriber-record.ts';
import {
  type ModelBook,
  type ModelContact,
  type Modelled,
  NOBODY,
  NUMBERS,
  PEOPLE,
  type Step,
  toBook,
  withBook,
} from './model.ts';

/** The HTTP API, over the net or not. */
export type LifeApi = {
  call(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<LifeAnswer>;
};
type LifeAnswer = { status: number; text: string; body: Record<string, unknown> };

/** Where lives are lived. `account`: the fields by which a new subscriber names its account, if it has one. */
export type LifeWorld = {
  api: LifeApi;
  account(): { jid?: string };
  /** The user behind the first says no to the second. */
  decline(id: string, other: string): Promise<void>;
};

/** What the component does when a user has deleted the roster item of a friend. */
export async function sayNo(
  stores: Stores,
  queues: Queues,
  id: string,
  other: string,
  now = Date.now(),
): Promise<void> {
  const record = await stores.subscribers.record(other);
  await stores.pairs.decline(id, other, record ? keysOf(record) : []);
  await stores.pairs.touch(id, [other], now);
  await queues.enqueue('reconcile', [id, other]);
}

/** A few people of the model, and who they are in Earshot; `everybody`: also those who have left. */
export type Group = {
  people: Modelled[];
  ids: (string | undefined)[];
  everybody: string[];
  numbers: string[];
  life: readonly Step[];
};

let groups = 0;

/** Lives one sequence with numbers of its own, and keeps the model beside it. */
export async function live(world: LifeWorld, life: readonly Step[]): Promise<Group> {
  groups += 1;
  const numbers = Array.from({ length: NUMBERS }, (_, i) => `+86139${String(groups * NUMBERS + i).padStart(8, '0')}`);
  const group: Group = { people: Array.from({ length: PEOPLE }, () => NOBODY), ids: [], everybody: [], numbers, life };
  for (const step of life) await take(world, group, step);
  return group;
}

async function take(world: LifeWorld, group: Group, step: Step): Promise<void> {
  const one = group.people[step.who] as Modelled;
  if ((step.do === 'join') !== (one.number === undefined)) return;
  if (step.do === 'join') await arrive(world, group, step.who, step.number);
  else if (step.do === 'leave') await leave(world.api, group, step.who);
  else if (step.do === 'change-number') await changeNumber(world.api, group, step.who, step.number);
  else if (step.do === 'decline') await decline(world, group, step.who, step.other);
  else if (step.do === 'set-privacy') await setPrivacy(world.api, group, step);
  else group.people[step.who] = withBook(one, await writeBook(world.api, group, step));
}

async function arrive(
  world: LifeWorld,
  { people, ids, everybody, numbers }: Group,
  who: number,
  number: number,
): Promise<void> {
  const taken = people.some((other) => other.number === number);
  const body = { phoneNumber: numbers[number], ...world.account() };
  const answer = await expectStatus(taken ? 409 : 201, world.api.call('POST', '/v1/subscribers', body));
  if (taken) return;
  const id = String(answer.body.subscriberId);
  ids[who] = id;
  everybody.push(id);
  people[who] = { ...NOBODY, number };
}

/** Whoever comes back is somebody new, of whom nobody has said anything yet. */
async function leave(api: LifeApi, { people, ids }: Group, who: number): Promise<void> {
  await expectStatus(204, api.call('DELETE', `/v1/subscribers/${ids[who]}`));
  people[who] = NOBODY;
  for (const [i, one] of people.entries())
    people[i] = {
      ...one,
      noTo: new Map([...one.noTo].filter(([other]) => other !== who)),
      privacy: { ...one.privacy, people: new Set([...one.privacy.people].filter((other) => other !== who)) },
    };
}

async function setPrivacy(
  api: LifeApi,
  { people, ids, numbers }: Group,
  { who, hidden, people: others, numbers: blocked }: Extract<Step, { do: 'set-privacy' }>,
): Promise<void> {
  const present = others.filter((other) => other !== who && people[other]?.number !== undefined);
  const settings = {
    discoverable: !hidden,
    audience: 'friends',
    privateUntil: null,
    blocked: [
      ...present.map((other) => ({ subscriberId: ids[other] })),
      ...blocked.map((number) => ({ phoneNumber: numbers[number] })),
    ],
  };
  await expectStatus(200, api.call('PUT', `/v1/subscribers/${ids[who]}/privacy`, settings));
  const privacy = { hidden, people: new Set(present), numbers: new Set(blocked) };
  people[who] = { ...(people[who] as Modelled), privacy };
}

async function changeNumber(api: LifeApi, { people, ids, numbers }: Group, who: number, number: number): Promise<void> {
  const taken = people.some((other, i) => i !== who && other.number === number);
  const change = api.call('PATCH', `/v1/subscribers/${ids[who]}`, { phoneNumber: numbers[number] });
  await expectStatus(taken ? 409 : 200, change);
  if (!taken) people[who] = { ...(people[who] as Modelled), number };
}

async function decline(world: LifeWorld, { people, ids }: Group, who: number, other: number): Promise<void> {
  const [one, number] = [people[who] as Modelled, people[other]?.number];
  if (who === other || number === undefined) return;
  await world.decline(ids[who] as string, ids[other] as string);
  people[who] = { ...one, noTo: new Map(one.noTo).set(other, number) };
}

async function expectStatus(status: number, answer: Promise<LifeAnswer>): Promise<LifeAnswer> {
  const got = await answer;
  expect(got.status, got.text).to.equal(status);
  return got;
}

type BookStep = Extract<Step, { do: 'put-book' | 'change-book' | 'drop-book' }>;

async function writeBook(api: LifeApi, { people, ids, numbers }: Group, step: BookStep): Promise<ModelBook> {
  const path = `/v1/subscribers/${ids[step.who]}/address-book`;
  const sent = (contacts: ModelContact[]) =>
    contacts.map(({ uid, numbers: held }) => ({ uid, name: 'Contact', phoneNumbers: held.map((i) => numbers[i]) }));
  if (step.do === 'drop-book') {
    await expectStatus(204, api.call('DELETE', path));
    return new Map();
  }
  if (step.do === 'put-book') {
    await expectStatus(202, api.call('PUT', path, { contacts: sent(step.contacts) }));
    return toBook(step.contacts);
  }
  const { upsert, remove } = step;
  await expectStatus(202, api.call('PATCH', path, { upsert: sent(upsert), remove }));
  const kept = [...(people[step.who] as Modelled).book].filter(([uid]) => !remove.includes(uid));
  return new Map([...kept, ...toBook(upsert)]);
}
