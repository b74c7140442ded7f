// XEP-0055: Jabber Search, version 1.3 (https://xmpp.org/extensions/xep-0055.html), by phone number and by nothing else
import type { Log } from '../../runtime/log.ts';
import { type Searched, searchNumber } from '../../service/book/number-search.ts';
import type { ServiceContext } from '../../service/context.ts';
import type { Capability } from '../disco/disco.ts';
import { type Form, formElement, resultElement } from '../stream/data-form.ts';
import { answering, Refusal } from '../stream/error-answer.ts';
import type { Stream } from '../stream/stream.ts';
import { type Element, textElement, xml } from '../stream/xml.ts';
import { callerOf } from './caller.ts';
import { answerTo, submittedForm } from './query-form.ts';

const SEARCH = 'jabber:iq:search';
const INSTRUCTIONS = 'Type the phone number of somebody who has yours in the address book.';
const LABEL = 'Phone number';
const FORM: Form = {
  title: 'Search by number',
  instructions: INSTRUCTIONS,
  fields: [{ name: 'phone', type: 'text-single', label: LABEL, value: [], required: true }],
  formType: SEARCH,
};
const COLUMNS = [
  { name: 'jid', label: 'JID', type: 'jid-single' },
  { name: 'phone', label: LABEL },
] as const;

/** Finds at most one person, whom the caller's own address book would find. The form is answered in the kind in which it was sent. */
export function answerSearch(stream: Stream, service: ServiceContext, log: Log): Capability {
  stream.answerGet(SEARCH, 'query', () =>
    xml('query', { xmlns: SEARCH }, textElement('instructions', INSTRUCTIONS), xml('phone'), formElement(FORM)),
  );
  stream.answerSet(
    SEARCH,
    'query',
    answering(log, async ({ stanza, element }) => {
      const caller = await callerOf(service, stanza);
      const form = submittedForm(element);
      const text = form ? answerTo(form, 'phone') : element.getChildText('phone');
      if (!text) throw new Refusal('modify', 'not-acceptable', 'Search is by phone number only.');
      const found = await searchNumber(service, caller, text);
      return xml('query', { xmlns: SEARCH }, form ? table(found) : item(found));
    }),
  );
  return { identities: [{ category: 'directory', type: 'user', name: 'Earshot' }], features: [SEARCH] };
}

function item({ phoneNumber, jid }: Searched): Element | undefined {
  return jid === undefined ? undefined : xml('item', { jid }, textElement('phone', phoneNumber));
}

function table({ phoneNumber, jid }: Searched): Element {
  return resultElement({
    table: { columns: COLUMNS, rows: jid === undefined ? [] : [[jid, phoneNumber]] },
    formType: SEARCH,
  });
}
