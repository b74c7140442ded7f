import type { Static } from 'typebox';
import type { Entry } from '../../domain/book/book-reader.ts';
import type { ValueLimits } from '../../domain/json/cutter.ts';
import { checkOf } from '../http/schema-check.ts';
import { schemaWords } from '../http/schema-words.ts';
import { ContactBody } from '../schemas/address-book.ts';

/** What one contact in JSON may have: an app may send pictures and whatever else it keeps of a contact, which is passed over. */
export const CONTACT_LIMITS: ValueLimits = { bytes: 256 * 1024, values: 2_000, depth: 16 };

const EXCESS: Record<keyof ValueLimits, string> = {
  bytes: `is larger than ${CONTACT_LIMITS.bytes} bytes`,
  values: `holds more than ${CONTACT_LIMITS.values} values`,
  depth: `holds lists and objects within one another more than ${CONTACT_LIMITS.depth} deep`,
};

const contact = checkOf(ContactBody);

/** A contact of a JSON book, or why it is none; one bad contact does not spoil the others. */
export function toEntry(item: { index: number } & ({ value: unknown } | { excess: keyof ValueLimits })): Entry {
  const { index } = item;
  if ('excess' in item) return { index, reason: `The contact ${EXCESS[item.excess]}.` };
  if (!contact.fits(item.value)) return { index, reason: schemaWords(contact.faults(item.value), 'contact') };
  const sent = item.value as Static<typeof ContactBody>;
  return { index, contact: { ...sent, groups: sent.groups ?? [] } };
}
