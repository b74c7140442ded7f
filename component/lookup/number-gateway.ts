// XEP-0100: Gateway Interaction, version 1.0, section 6 (https://xmpp.org/extensions/xep-0100.html): a number in, a JID out
import type { Log } from '../../runtime/log.ts';
import { searchNumber } from '../../service/book/number-search.ts';
import type { ServiceContext } from '../../service/context.ts';
import type { Capability } from '../disco/disco.ts';
import { answering, errorAnswer } from '../stream/error-answer.ts';
import type { Stream } from '../stream/stream.ts';
import { textElement, xml } from '../stream/xml.ts';
import { callerOf } from './caller.ts';

const GATEWAY = 'jabber:iq:gateway';

/** Lets a client that adds a contact ask for the JID behind a phone number. */
export function answerGateway(stream: Stream, service: ServiceContext, log: Log): Capability {
  stream.answerGet(GATEWAY, 'query', () =>
    xml(
      'query',
      { xmlns: GATEWAY },
      textElement('desc', 'The phone number of somebody who has yours in the address book, as you would dial it.'),
      textElement('prompt', 'Phone number'),
    ),
  );
  stream.answerSet(
    GATEWAY,
    'query',
    answering(log, async ({ stanza, element }) => {
      const caller = await callerOf(service, stanza);
      const { jid } = await searchNumber(service, caller, element.getChildText('prompt') ?? '');
      if (jid === undefined)
        return errorAnswer('cancel', 'item-not-found', 'Nobody whom you can reach has this number.');
      return xml('query', { xmlns: GATEWAY }, textElement('jid', jid));
    }),
  );
  return { identities: [{ category: 'gateway', type: 'xmpp', name: 'Earshot' }], features: [GATEWAY] };
}
