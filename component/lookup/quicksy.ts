import { createHash } from 'node:crypto';
import { bareOf } from '../../domain/account/jid.ts';
import { Fault } from '../../domain/fault.ts';
import { isoDuration, type PhoneBookEntry, phoneBookTexts, quicksyNumber } from '../../domain/quicksy.ts';
import type { Limit } from '../../runtime/config/login-config.ts';
import type { Log } from '../../runtime/log.ts';
import { eachInTurns } from '../../runtime/turns.ts';
import { BATCH, lookUp } from '../../service/book/lookup.ts';
import { keepPhoneBook } from '../../service/book/phone-book.ts';
import type { ServiceContext } from '../../service/context.ts';
import { subscriberOfJid } from '../../service/login/linking.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Capability } from '../disco/disco.ts';
import { answering, Refusal } from '../stream/error-answer.ts';
import type { Stream } from '../stream/stream.ts';
import { type Element, textElement, xml } from '../stream/xml.ts';

const SYNCHRONIZATION = 'im.quicksy.synchronization:0';
/**
 * How many phone books one subscriber may send, and how many large ones. Quicksy's clients send one
 * every few minutes.
 */
const LIMITS: readonly Limit[] = [{ most: 12, window: 60_000 }];
const LARGE_LIMITS: readonly Limit[] = [{ most: 6, window: 600_000 }];

/**
 * Quicksy's contact discovery (docs/quicksy.md): a client sends all numbers of its phone's address book and hears whom they reach. What
 * it sends is kept as a book of the subscriber's. One after the other, as a phone-book may have ten thousand numbers.
 */
export function answerQuicksy(stream: Stream, service: ServiceContext, log: Log): Capability {
  let last: Promise<unknown> = Promise.resolve();

  stream.answerGet(
    SYNCHRONIZATION,
    'phone-book',
    answering(log, async ({ stanza, element }) => {
      const caller = await phoneOwner(service, stanza);
      await count(service, 'phone-books', caller, LIMITS);
      if (element.getChildElements().length > BATCH) await count(service, 'large phone-books', caller, LARGE_LIMITS);
      const answer = last.then(() => synchronize(service, caller, element));
      last = answer.catch(() => {});
      return answer;
    }),
  );
  return { identities: [{ category: 'store', type: 'generic', name: 'Earshot' }], features: [SYNCHRONIZATION] };
}

async function synchronize(service: ServiceContext, caller: Subscriber, phoneBook: Element): Promise<Element | true> {
  const sent = new Map<string, string>();
  await eachInTurns(phoneBook.getChildren('entry'), ({ attrs: { number } }) => {
    const e164 = number === undefined ? undefined : quicksyNumber(number);
    if (number !== undefined && e164 !== undefined) sent.set(number, e164);
  });
  const numbers = [...new Set(sent.values())];
  await keepPhoneBook(service, caller.id, numbers);
  const jids = await lookUp(service, caller, numbers).catch((err: unknown) => {
    throw err instanceof Fault && err.retryAfter !== undefined ? overQuota(err.retryAfter) : err;
  });
  const jidOf = new Map(numbers.map((number, i) => [number, jids[i]]));
  const entries = [...sent].flatMap(([number, e164]): PhoneBookEntry[] => {
    const jid = jidOf.get(e164);
    return jid === undefined ? [] : [{ number, jids: [jid] }];
  });
  // No child means that nothing has changed, an empty one that everybody is gone.
  return (
    phoneBookTexts(entries)
      .map(versionOf)
      .includes(phoneBook.attrs.ver ?? '') || phoneBookElement(entries)
  );
}

async function phoneOwner(service: ServiceContext, stanza: Element): Promise<Subscriber> {
  const owner = await subscriberOfJid(service, bareOf(stanza.attrs.from ?? ''));
  if (!owner) throw new Refusal('auth', 'not-authorized', 'Only accounts of this host that have a number are served.');
  return owner;
}

async function count(
  { stores, keyedHash, now }: ServiceContext,
  what: string,
  { id }: Subscriber,
  limits: readonly Limit[],
): Promise<void> {
  const outcome = await stores.limits.take(keyedHash(what, id), limits, now());
  if ('retryAfter' in outcome) throw overQuota(Math.ceil(outcome.retryAfter / 1000));
}

/** As Quicksy's server words it. */
function overQuota(seconds: number): Refusal {
  return new Refusal('wait', 'policy-violation', `Retry in ${isoDuration(seconds)}`);
}

function versionOf(text: string): string {
  return createHash('sha1').update(text).digest('base64');
}

function phoneBookElement(entries: readonly PhoneBookEntry[]): Element {
  return xml(
    'phone-book',
    { xmlns: SYNCHRONIZATION },
    entries.map(({ number, jids }) =>
      xml(
        'entry',
        { number },
        jids.map((jid) => textElement('jid', jid)),
      ),
    ),
  );
}
