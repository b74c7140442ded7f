import { inBatches, sideBySide } from '../runtime/batches.ts';
import type { FarQuestion } from '../store/friendship/far-ends.ts';
import type { Friend } from '../store/friendship/friends.ts';
import type { Glance } from '../store/number/survey.ts';
import type { Stores } from '../store/stores.ts';
import { keysOf, type Subscriber } from '../store/subscriber/subscriber-record.ts';
import type { Context } from './context.ts';
import { type OwnEnds, whoDiffers } from './pairs.ts';

/** Subscribers with books or friends who are looked at together, and how many such groups are under way: one waits for Redis while another is read. */
const TOGETHER = 32;
const GROUPS = 3;

type Seen = { subscriber: Subscriber; glance: Glance };

/**
 * Which of these active subscribers have something that is not as it should be: an entry in the
 * directory or in the reverse index, or their end of a pair. Nothing is written. Who has no book and
 * no friends, and whose numbers nobody holds, costs a few commands. It reads at several moments and
 * misses nothing, as every change marks what it concerns. Whoever's reconcile job is under way is
 * among them, as that job may go by the former policy.
 */
export async function whoIsWrong(context: Context, subscribers: readonly Subscriber[]): Promise<Subscriber[]> {
  const { survey, subscribers: stored } = context.stores;
  const glances = await survey.glance(subscribers.map(({ id }) => id));
  const wrong: Subscriber[] = [];
  const seen: Seen[] = [];
  for (const subscriber of subscribers) {
    const glance = glances.get(subscriber.id);
    if (!glance || glance.running || subscriber.keyIds !== context.numberKeys.ids) wrong.push(subscriber);
    else seen.push({ subscriber, glance });
  }
  const { astray, held } = await stored.stand(
    seen.map(({ subscriber, glance: { index } }) => ({ index, numberKeys: keysOf(subscriber), jid: subscriber.jid })),
  );
  wrong.push(...seen.flatMap(({ subscriber, glance }) => (astray.has(glance.index) ? [subscriber] : [])));
  const close = seen.filter(({ glance: { index, bare } }) => !astray.has(index) && (!bare || held.has(index)));
  const { failure } = await sideBySide(inBatches(close, TOGETHER), GROUPS, async (part) => {
    wrong.push(...(await lookClosely(context, part, held)));
  });
  if (failure) throw failure.reason;
  return wrong;
}

/** `held`: integers of those whose numbers somebody holds. */
async function lookClosely(context: Context, seen: readonly Seen[], held: ReadonlySet<number>): Promise<Subscriber[]> {
  const { stores } = context;
  const [books, holders] = await Promise.all([
    Promise.all(seen.map((one) => readOwn(stores, one))),
    holdersOf(stores, seen, held),
  ]);
  const { missing, owners } = await stores.survey.entered(
    seen.map(({ glance: { index } }, i) => ({ index, numberKeys: books[i]?.numberKeys ?? [] })),
  );
  const ends = seen.flatMap(({ subscriber, glance: { index } }, i): Ends[] => {
    const own = books[i];
    if (!own || missing.has(index)) return [];
    return [{ subscriber, ...own, owners: owners.get(index) ?? [], holders: holders[i] ?? [] }];
  });
  const differing = await whoDiffers(context, await withOthers(context, ends));
  return seen.flatMap(({ subscriber, glance: { index } }) =>
    missing.has(index) || differing.has(subscriber.id) ? [subscriber] : [],
  );
}

/** What is stored of somebody: the numbers that its books hold or that it blocks, whom it blocks by id, its friends, and who is barred. */
type Own = {
  numberKeys: string[];
  blocks: boolean;
  blocked: string[];
  friends: Map<string, Friend>;
  barred: Map<string, string>;
};
/** With those who own one of these numbers, and those who hold or block one of its own. */
type Ends = Own & { subscriber: Subscriber; owners: readonly string[]; holders: readonly string[] };

async function readOwn(stores: Stores, { subscriber: { id }, glance: { bare } }: Seen): Promise<Own> {
  if (bare) return { numberKeys: [], blocks: false, blocked: [], friends: new Map(), barred: new Map() };
  const [numbers, blocks, friends, barred] = await Promise.all([
    stores.addressBooks.numbers(id),
    stores.privacies.blocked(id),
    stores.friends.list(id),
    stores.sharing.barred(id),
  ]);
  return {
    numberKeys: [...numbers, ...blocks.flatMap((one) => ('numberKey' in one ? [one.numberKey] : []))],
    blocks: blocks.length > 0,
    blocked: blocks.flatMap((one) => ('subscriberId' in one ? [one.subscriberId] : [])),
    friends: new Map(friends.map((friend) => [friend.id, friend])),
    barred,
  };
}

/** For each of those seen: who holds or blocks one of its numbers. */
async function holdersOf(stores: Stores, seen: readonly Seen[], held: ReadonlySet<number>): Promise<string[][]> {
  const numberKeys = seen.map(({ subscriber, glance: { index } }) => (held.has(index) ? keysOf(subscriber) : []));
  const found = await stores.holders.ofEach(numberKeys.flat());
  let from = 0;
  return numberKeys.map(({ length }) => {
    from += length;
    return found.slice(from - length, from).flat();
  });
}

/**
 * Adds to each end the others with whom its pair has to be judged. Under the policy `mutual` these are
 * those who hold it and whom it holds, its friends, those whom it blocks, and those who are barred. Of
 * all others who hold it, or whom it holds, only those who block it matter: they are asked for that
 * alone, which is cheaper than to judge the pair.
 */
async function withOthers({ stores, policy }: Context, ends: readonly Ends[]): Promise<OwnEnds[]> {
  const rest: FarQuestion[] = [];
  const found = ends.map((end) => {
    const { subscriber, owners, holders, friends, barred, blocked } = end;
    const all = new Set([...owners, ...holders]);
    const holding = new Set(holders);
    const mutual = policy === 'mutual' && !end.blocks;
    const sure = mutual ? owners.filter((other) => holding.has(other)) : [...all];
    const others = new Set([...sure, ...blocked, ...friends.keys(), ...barred.keys()]);
    others.delete(subscriber.id);
    for (const who of all) if (!others.has(who) && who !== subscriber.id) rest.push({ who, me: subscriber });
    return { subscriber, friends, barred, others };
  });
  const blocking = await stores.farEnds.block(rest);
  const places = new Map(found.map((one) => [one.subscriber.id, one.others]));
  for (const [i, { who, me }] of rest.entries()) if (blocking[i]) places.get(me.id)?.add(who);
  return found.map((one) => ({ ...one, others: [...one.others] }));
}
