import { bareOf } from '../../domain/account/jid.ts';
import type { ServiceContext } from '../../service/context.ts';
import { subscriberOfJid } from '../../service/login/linking.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import { Refusal } from '../stream/error-answer.ts';
import type { Element } from '../stream/xml.ts';

/** The subscriber who sent this stanza; servers stamp `from`. @throws Refusal registration-required (RFC 6120, section 8.3.3.16) */
export async function callerOf(service: ServiceContext, stanza: Element): Promise<Subscriber> {
  const caller = await subscriberOfJid(service, bareOf(stanza.attrs.from ?? ''));
  if (!caller)
    throw new Refusal('auth', 'registration-required', 'Register with this service first: it has to know your number.');
  return caller;
}
