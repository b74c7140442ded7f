import { inBatches, sideBySide } from '../runtime/batches.ts';
import type { Glance } from '../store/book/survey.ts';
import { keysOf, type Subscriber } from '../store/subscriber/subscriber-record.ts';
import type { Context } from './context.ts';
import { standsRight } from './pairs.ts';

/** Subscribers with books or friends who are looked at together, and how many such groups are under way: one waits for Redis while another is read. */
const TOGETHER = 32;
const GROUPS = 3;

type Seen = { subscriber: Subscriber; glance: Glance };

/**
 * Those of these active subscribers about whom not everything is as it should be: their places in the directory, the index of holders, and
 * their end of each pair. Nothing is written, and who has no book, no friends and nobody that holds its numbers costs a few
 * commands. Whoever changes anything meanwhile marks it, so what is read at several moments misses nothing. A job that is under way may go by
 * another policy: then its subscriber is one of them.
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
  const holdings = await Promise.all(
    seen.map(async ({ subscriber: { id }, glance: { index, bare } }) => {
      if (bare) return { index, numberKeys: [], blocked: [] };
      const [numbers, blocks] = await Promise.all([stores.addressBooks.numbers(id), stores.privacies.blocked(id)]);
      const numberKeys = [...numbers, ...blocks.flatMap((one) => ('numberKey' in one ? [one.numberKey] : []))];
      return { index, numberKeys, blocked: blocks.flatMap((one) => ('subscriberId' in one ? [one.subscriberId] : [])) };
    }),
  );
  const { missing, owners } = await stores.survey.entered(holdings);
  const right = await Promise.all(
    seen.map(async ({ subscriber, glance: { index } }, i) => {
      if (missing.has(index)) return false;
      const others = new Set([...(owners.get(index) ?? []), ...(holdings[i]?.blocked ?? [])]);
      for (const other of await othersOf(context, subscriber, held.has(index))) others.add(other);
      others.delete(subscriber.id);
      return standsRight(context, subscriber, [...others]);
    }),
  );
  return seen.flatMap(({ subscriber }, i) => (right[i] ? [] : [subscriber]));
}

/** Whom a subscriber may have to do with but for those whose numbers it holds or blocks: who holds or blocks its own, friends, and who is barred. */
async function othersOf({ stores }: Context, subscriber: Subscriber, isHeld: boolean): Promise<string[]> {
  const { id } = subscriber;
  const [friends, barred, holders] = await Promise.all([
    stores.friends.list(id),
    stores.sharing.barred(id),
    Promise.all(isHeld ? keysOf(subscriber).map((key) => stores.holders.of(key)) : []),
  ]);
  return [...friends.map((friend) => friend.id), ...barred.keys(), ...holders.flat()];
}
