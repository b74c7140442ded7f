// XEP-0077: In-Band Registration, version 2.4 (https://xmpp.org/extensions/xep-0077.html), of a phone number with the component

import { bareOf, domainOf } from '../../domain/account/jid.ts';
import { Fault } from '../../domain/fault.ts';
import { isSamePhone, parseE164 } from '../../domain/phone.ts';
import type { Log } from '../../runtime/log.ts';
import { type Recording, recorded } from '../../service/audit/recorded.ts';
import { type Asker, askForCode, numberAskedFor, proveAskedNumber } from '../../service/login/asked-code.ts';
import { linkNumber, subscriberOfJid } from '../../service/login/linking.ts';
import type { Existing } from '../../service/login/number-holder.ts';
import { removeSubscriber } from '../../service/subscriber/departure.ts';
import { hasPhone } from '../../service/subscriber/subscriber-fields.ts';
import { phoneNumbersOf, type Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Capability } from '../disco/disco.ts';
import { formElement } from '../stream/data-form.ts';
import { answering, Refusal } from '../stream/error-answer.ts';
import type { Stream } from '../stream/stream.ts';
import { type Element, textElement, xml } from '../stream/xml.ts';
import { answerTo, submittedForm } from './query-form.ts';

const REGISTER = 'jabber:iq:register';
/** No field of the protocol's own is for a code (XEP-0068, section 3.4). */
const CODE = 'x-code';
const ASK_NUMBER =
  'Type your phone number with + and the country code, and leave the code empty: a code is sent to you. Then register again, with the code.';
const ASK_CODE = 'A code was sent to your phone. Type it, or another number with no code.';
const SENT = 'A code was sent to your phone. Register again, with the number and the code.';
const WHOSE =
  'Somebody with this number has not been heard of for long. Register again with the number, and behind the same code the word “mine” if that is you, or “anew” if the number was somebody else’s: all that was theirs is then erased.';
const NO_CODE = 'There is no code for this number; register with the number alone to get one.';

/** What the protocol has no field for. */
const WORDS: readonly (readonly [string, Existing])[] = [
  ['mine', 'continue'],
  ['anew', 'startAnew'],
];

/** Whoever asks for a code is not yet somebody. */
const NOBODY = () => undefined;
const OWN_ACCOUNT =
  'This account was made with your number and would be deleted, too: use the command “Forget me”, which asks first.';

/**
 * Ties a number to the user's account. The protocol has one round, of which two are made. A form
 * with the number alone has a code sent and is answered with the error `not-acceptable`, as an
 * incomplete form is (section 3.1.2); clients then show the error's text and the form again. A form
 * with number and code registers (decision 82).
 */
export function answerRegistration(stream: Stream, service: Recording, log: Log): Capability {
  stream.answerGet(
    REGISTER,
    'query',
    answering(log, async ({ stanza }) => {
      const jid = userOf(service, stanza);
      const subscriber = await subscriberOfJid(service, jid);
      return subscriber ? registered(subscriber) : blankForm(await numberAskedFor(service, askerOf(jid)));
    }),
  );
  stream.answerSet(
    REGISTER,
    'query',
    answering(log, async ({ stanza, element }) => {
      const jid = userOf(service, stanza);
      if (element.getChild('remove')) await unregister(service, jid, element);
      else await register(service, jid, element);
      return true as const;
    }),
  );
  return { features: [REGISTER] };
}

/** The bare JID of a user of the home host. @throws Refusal */
function userOf({ config }: Recording, stanza: Element): string {
  const jid = bareOf(stanza.attrs.from ?? '');
  if (!jid.includes('@') || domainOf(jid) !== config.homeHost)
    throw new Refusal('cancel', 'not-allowed', `Only accounts of ${config.homeHost} can be registered.`);
  return jid;
}

function askerOf(jid: string): Asker {
  return ['registration', jid];
}

function registered(subscriber: Subscriber): Element {
  return xml(
    'query',
    { xmlns: REGISTER },
    xml('registered'),
    textElement('instructions', `Your number is ${phoneNumbersOf(subscriber).join(', ')}.`),
    textElement('phone', subscriber.phoneNumber),
  );
}

/** `phoneNumber`: to which a code is on its way already. */
function blankForm(phoneNumber: string | undefined): Element {
  const instructions = phoneNumber === undefined ? ASK_NUMBER : ASK_CODE;
  const known = phoneNumber === undefined ? [] : [phoneNumber];
  return xml(
    'query',
    { xmlns: REGISTER },
    textElement('instructions', `${instructions} The code goes into the field “misc”.`),
    xml('phone', {}, phoneNumber ?? ''),
    xml('misc'),
    formElement({
      title: 'Link your phone number',
      instructions,
      fields: [
        { name: 'phone', type: 'text-single', label: 'Phone number', value: known, required: true },
        { name: CODE, type: 'text-single', label: 'Code', value: [] },
      ],
      formType: REGISTER,
    }),
  );
}

async function register(service: Recording, jid: string, query: Element): Promise<void> {
  const { number, code } = sentIn(query);
  const phoneNumber = parseE164(number ?? '');
  if (phoneNumber === undefined)
    throw new Refusal('modify', 'not-acceptable', 'Type your phone number with + and the country code.');
  const present = await subscriberOfJid(service, jid);
  if (present && hasPhone(present, phoneNumber)) return;
  if (code === undefined) {
    await recorded(service, 'IQ register/send-code', NOBODY, () =>
      askForCode(service, askerOf(jid), phoneNumber, { network: jid }),
    );
    throw new Refusal('modify', 'not-acceptable', SENT);
  }
  let subscriber: Subscriber | undefined;
  const whom = () => subscriber?.id;
  await recorded(service, 'IQ register', whom, async () => {
    const { digits, existing } = toClaim(code);
    const asked = await numberAskedFor(service, askerOf(jid));
    const isAsked = asked !== undefined && isSamePhone(asked, phoneNumber);
    const proof = isAsked ? await proveAskedNumber(service, askerOf(jid), digits, jid) : undefined;
    if (!proof) throw new Refusal('modify', 'not-acceptable', NO_CODE);
    subscriber = (await linkNumber(service, jid, proof, existing).catch(asking)).subscriber;
  });
}

/**
 * Takes apart what was typed as a code: the digits, and perhaps a word behind them. The word is
 * needed where the number's subscriber was silent for long: is it the same person (decision 115)?
 */
function toClaim(text: string): { digits: string; existing: Existing } {
  const said = WORDS.find(([word]) => text.toLowerCase().endsWith(word));
  const code = said ? text.slice(0, -said[0].length) : text;
  return { digits: code.replace(/[\s-]/g, ''), existing: said?.[1] ?? 'unsaid' };
}

function asking(err: unknown): never {
  if (err instanceof Fault && err.code === 'CONFIRMATION_REQUIRED')
    throw new Refusal('modify', 'not-acceptable', WHOSE);
  throw err;
}

function sentIn(query: Element): { number: string | undefined; code: string | undefined } {
  const form = submittedForm(query);
  if (form) return { number: answerTo(form, 'phone'), code: answerTo(form, CODE) };
  const text = (name: string) => query.getChildText(name)?.trim() || undefined;
  return { number: text('phone'), code: text('misc') };
}

/** Section 3.2: everything that is kept about the subscriber goes, as by every other door, but never the account that asks. */
async function unregister(service: Recording, jid: string, query: Element): Promise<void> {
  if (query.getChildElements().length > 1) throw new Refusal('modify', 'bad-request');
  const subscriber = await subscriberOfJid(service, jid);
  if (!subscriber) throw new Refusal('auth', 'registration-required', 'This account is not registered.');
  // Clients send this along when somebody drops the contact, and ask nothing.
  if ((await service.stores.accounts.madeFor(subscriber.id)).includes(jid))
    throw new Refusal('cancel', 'not-allowed', OWN_ACCOUNT);
  const { id } = subscriber;
  await recorded(
    service,
    'IQ register/remove',
    () => id,
    () => removeSubscriber(service, id),
  );
}
