import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '../../domain/fault.ts';
import type { ChangeOutcome } from '../../store/subscriber/identity.ts';
import type { Numbers, Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { ServiceContext } from '../context.ts';

/** Milliseconds that a caller waits for somebody who is just being added, changed or removed. */
const PATIENCE = 5_000;
/** Milliseconds until it looks again, the longer the oftener it has: many may wait at once. */
const POLL = 25;
const LONGEST_POLL = 500;

const TAKEN = {
  'number-taken': 'A subscriber with this number exists; POST /v1/subscribers/retrieve finds it.',
  'jid-taken': 'Another subscriber uses this JID; send the jid of another account.',
};

const ORDERED =
  'Somebody whose XMPP account is still being made has this number or JID; try again when it is made, as GET /v1/imports/{importId} says.';

/**
 * Claims numbers and a JID for a subscriber. As long as only somebody who is just being added,
 * changed or removed is in the way, it is tried again, for PATIENCE; a subscriber who was never
 * finished is then given up. `changed`: the subscriber is no longer what the attempt was made for.
 * @throws Fault ALREADY_EXISTS, CONFLICT, NOT_FOUND (the subscriber itself is gone)
 */
export async function untilClaimed(
  context: ServiceContext,
  wanted: Numbers & { id: string; jid: string },
  attempt: () => Promise<ChangeOutcome>,
): Promise<'ok' | 'changed'> {
  const { stores, now, elapsed } = context;
  const giveUp = elapsed() + PATIENCE;
  for (let poll = POLL; ; poll = Math.min(2 * poll, LONGEST_POLL)) {
    const outcome = await attempt();
    if (outcome === 'ok' || outcome === 'changed') return outcome;
    if (outcome === 'gone') throw new Fault('NOT_FOUND', 'There is no such subscriber.');
    const obstacle = await stores.subscribers.obstacle(wanted.id, { numbers: wanted, jid: wanted.jid }, now());
    if (typeof obstacle === 'string') throw taken(obstacle);
    if (obstacle?.holder?.ordered) throw taken('number-taken', obstacle.holder);
    if (elapsed() > giveUp) await giveUpUnfinished(context, obstacle?.holder);
    await sleep(poll * (0.5 + Math.random()));
  }
}

/** What is said of a number or a JID that is another's; `holder`: who has it, perhaps without an account yet. */
export function taken(what: keyof typeof TAKEN, holder?: Subscriber): Fault {
  return new Fault('ALREADY_EXISTS', holder?.ordered ? ORDERED : TAKEN[what]);
}

/** @throws Fault CONFLICT when somebody is still at work on it */
async function giveUpUnfinished({ stores, now }: ServiceContext, holder: Subscriber | undefined): Promise<void> {
  const unfinished = holder?.state === 'pending' && (await stores.accounts.state(holder.id)) === undefined;
  if (!unfinished)
    throw new Fault('CONFLICT', 'This number or JID is just being changed, added or removed; try again in a moment.');
  await stores.subscribers.giveUp(holder, now());
}
