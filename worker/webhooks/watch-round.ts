import { type Grant, reachOf } from '../../domain/access/grant.ts';
import { type CredentialOf, grantOf } from '../../service/telling/grant.ts';
import { noteMissed } from '../../service/telling/missed.ts';
import { queueOf, wake } from '../../store/due/makes-due.ts';
import type { Credential } from '../../store/login/credentials.ts';
import { phoneNumbersOf, type Subscriber } from '../../store/subscriber/subscriber-record.ts';
import { isOver, isStream, type Subscription, streamName } from '../../store/subscription/subscription-record.ts';
import type { SinkContext } from './context.ts';

/** Milliseconds between two looks at who has changed, where nothing is heard of anybody. */
export const WATCH_INTERVAL = 200;
/** The same where somebody is noted all the while: what follows one moment after another belongs together. */
export const WATCH_GAP = 40;
/** Subscribers that one look takes of each partition. */
const MOST = 250;

/** Somebody who has changed; no record: who is gone. */
type Changed = { id: string; record: Subscriber | undefined };

/** What is wrong with which subscription: said once, as long as it is so. */
type Troubles = Map<string, string>;

/** Whom a subscription has to tell of. */
type Concerned = { ids: readonly string[]; gone: readonly string[] };

/** One look at who has changed; of the `withdrawn` something may be to be seen no more. */
type Look = {
  changed: readonly Changed[];
  withdrawn: ReadonlySet<string>;
  credentialOf: CredentialOf;
  troubles: Troubles;
};

/**
 * Passes on who has changed to the subscriptions that have to tell of it: those whose owner reaches a
 * number of the subscriber, and those that have told of it before; and all to one that looks at everybody for the first time,
 * which may just be about to note how it was before. Where nobody has subscribed it is
 * one question to Redis. A subscription that fails holds up no other, and nobody's erasure: that it has missed something is noted at its
 * record, and its job looks at everybody once it can.
 */
export function createWatchRound(context: SinkContext): () => Promise<void> {
  const { stores, queues, log, now } = context;
  let before: Troubles = new Map();

  /**
   * Whom it concerns: everybody, where its owner's credential cannot be read; its own job looks at that. Who is in its ranges no more
   * is `gone`.
   */
  async function whomItConcerns(one: Subscription, look: Look): Promise<Concerned> {
    const ids = look.changed.map(({ id }) => id);
    if (one.status === 'ACTIVATION_REQUESTED') return { ids, gone: [] };
    let grant: Awaited<ReturnType<typeof grantOf>>;
    try {
      grant = await grantOf(look.credentialOf, one, now());
    } catch {
      look.troubles.set(one.id, 'the credential of a subscription cannot be read');
      return { ids, gone: [] };
    }
    if (!grant) return { ids: [], gone: [] };
    const { ranges } = grant;
    const others = look.changed.filter(({ record }) => !isReached({ ranges }, record)).map(({ id }) => id);
    const known = await stores.sinkWork.knows(one.id, others);
    const left = new Set(others.filter((_, i) => !known[i]));
    return { ids: ids.filter((id) => !left.has(id)), gone: others.filter((_, i) => known[i]) };
  }

  /** Those that have begun by now, or are over: any other asks for itself once it has, and may be one of a thousand that wait for it. */
  async function haveBegun(concerned: readonly Subscription[]): Promise<Subscription[]> {
    const looks = await Promise.all(
      concerned.map((one) => (one.status === 'ACTIVATION_REQUESTED' ? stores.subscriptions.get(one.id) : one)),
    );
    return concerned.filter((_, i) => looks[i]?.status !== 'ACTIVATION_REQUESTED');
  }

  /** Whether it has to tell of any of these. */
  async function passOn(one: Subscription, look: Look): Promise<boolean> {
    const { ids, gone } = await whomItConcerns(one, look);
    const first = new Set([...gone, ...ids.filter((id) => look.withdrawn.has(id))]);
    await stores.sinkWork.ask(one.id, [...first], now(), 'first');
    const rest = ids.filter((id) => !first.has(id));
    await stores.sinkWork.ask(one.id, rest, now());
    return ids.length > 0;
  }

  return async () => {
    if (!(await stores.watched.isAny())) return;
    const taken = await stores.watched.take(now(), MOST);
    if (taken.length === 0) return;
    const ids = taken.flatMap((part) => part.ids);
    const records = await stores.subscribers.records(ids);
    const troubles: Troubles = new Map();
    const all = await stores.subscriptions.list((id) =>
      troubles.set(id, 'the record of a subscription cannot be read'),
    );
    const subscriptions = all.filter((one) => !isOver(one));
    const changed = ids.map((id, i) => ({ id, record: records[i] }));
    const withdrawn = new Set(taken.flatMap((part) => part.withdrawn));
    const look = { changed, withdrawn, credentialOf: askedOnce(stores.credentials.get), troubles };
    const outcomes = await Promise.allSettled(subscriptions.map((one) => passOn(one, look)));
    const failed = subscriptions.filter((_, i) => outcomes[i]?.status === 'rejected').map(({ id }) => id);
    for (const id of failed) {
      troubles.set(id, 'what has changed could not be passed on to a subscription');
      await noteMissed(stores, id);
    }
    const concerned = subscriptions.filter((_, i) => isConcerned(outcomes[i]));
    const begun = await haveBegun(concerned);
    // A stream is told by the gateway that somebody is connected to.
    const streams = begun.filter(isStream).map(({ owner }) => streamName(owner));
    await Promise.all(streams.map((name) => stores.events.tell(name, { what: 'stream' })));
    const asked = begun.filter((one) => !isStream(one)).map(({ id }) => id);
    await stores.due.postponeAll(queueOf('sinkAsked'), asked, now());
    await wake(queues, 'sinkAsked', asked);
    await Promise.all(taken.map(stores.watched.settle));
    // No error along with it: that of a broken record quotes it.
    for (const [subscription, what] of troubles)
      if (before.get(subscription) !== what) log.error({ subscription }, what);
    before = troubles;
  };
}

function isConcerned(outcome: PromiseSettledResult<boolean> | undefined): boolean {
  return outcome?.status === 'fulfilled' && outcome.value;
}

/** Reads each credential once, for all its subscriptions. */
function askedOnce(credentialOf: CredentialOf): CredentialOf {
  const asked = new Map<string, Promise<Credential | undefined>>();
  return (id) => {
    const found = asked.get(id) ?? credentialOf(id);
    asked.set(id, found);
    return found;
  };
}

function isReached(grant: Pick<Grant, 'ranges'>, subscriber: Subscriber | undefined): boolean {
  return subscriber?.state === 'active' && reachOf(grant, phoneNumbersOf(subscriber)) !== 'none';
}
