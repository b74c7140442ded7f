import { domainOf } from '../../domain/account/jid.ts';
import { Fault } from '../../domain/fault.ts';
import { phoneNumbersOf, type Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { ServiceContext } from '../context.ts';
import { createSubscriber } from '../subscriber/new-subscriber.ts';
import { changeIdentity, hasPhone, requireStillWith, subscriberWith, toJid } from '../subscriber/subscriber-fields.ts';
import { type Existing, openHolder } from './number-holder.ts';
import type { Proof } from './verification.ts';
import type { Proved } from './void-codes.ts';

/** `created`: a new subscriber; `moved`: the number's subscriber had another JID before; `same`: nothing was to be done. */
export type Linked = { outcome: 'created' | 'moved' | 'same'; subscriber: Subscriber };

/**
 * Ties a proven number to an account of the home host that is there already: its subscriber moves to this JID, with book, friends and tune; a
 * number that nobody has makes a subscriber. The proof is used up, or given back when nothing comes of it.
 * @throws Fault ALREADY_EXISTS (the JID has another number), INVALID_ARGUMENT (not of the home host), CONFLICT, UNAUTHENTICATED (the proof took too long), and as openHolder
 */
export async function linkNumber(
  context: ServiceContext,
  jidText: string,
  proof: Proof,
  existing: Existing,
): Promise<Linked> {
  try {
    const jid = toJid(jidText, context.config.homes);
    await requireFreeJid(context, jid, proof.phoneNumber);
    const linked = await tie(context, jid, proof, existing);
    await proof.useUp();
    return linked;
  } catch (err) {
    await proof.giveBack();
    throw err;
  }
}

/** The subscriber who uses this bare JID; undefined when there is none. */
export async function subscriberOfJid({ stores }: ServiceContext, jid: string): Promise<Subscriber | undefined> {
  const id = await stores.subscribers.idOfJid(jid);
  const subscriber = id === undefined ? undefined : await stores.subscribers.get(id);
  return subscriber?.jid === jid ? subscriber : undefined;
}

async function requireFreeJid(context: ServiceContext, jid: string, phoneNumber: string): Promise<void> {
  const holder = await subscriberOfJid(context, jid);
  if (holder && !hasPhone(holder, phoneNumber))
    throw new Fault(
      'ALREADY_EXISTS',
      'This account is linked to another number already; end that link first, or use another account.',
    );
}

async function tie(context: ServiceContext, jid: string, proved: Proved, existing: Existing): Promise<Linked> {
  const { phoneNumber } = proved;
  const { subscriber: known } = await openHolder(context, proved, existing, domainOf(jid));
  if (known) return move(context, known, phoneNumber, jid);
  try {
    const { subscriber } = await createSubscriber(context, [phoneNumber], '', jid);
    return { outcome: 'created', subscriber };
  } catch (err) {
    // Somebody else has just added the number.
    const taken = err instanceof Fault && err.code === 'ALREADY_EXISTS';
    const added = taken ? await subscriberWith(context, phoneNumber) : undefined;
    if (!added) throw err;
    return move(context, added, phoneNumber, jid);
  }
}

async function move(context: ServiceContext, known: Subscriber, phoneNumber: string, jid: string): Promise<Linked> {
  if (known.jid === jid) return { outcome: 'same', subscriber: known };
  await changeIdentity(context, known.id, (present) => {
    requireStillWith(present, phoneNumber);
    return { phoneNumbers: phoneNumbersOf(present), jid };
  });
  return { outcome: 'moved', subscriber: { ...known, jid } };
}
