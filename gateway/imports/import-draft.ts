import { parseBareJid } from '../../domain/account/jid.ts';
import type { ImportedSubscriber } from '../../domain/import/import-rows.ts';
import { lookupForms } from '../../domain/phone.ts';
import { requireReach } from '../../service/subscriber/reach.ts';
import { type PhoneNumbers, toDisplayName, toE164s } from '../../service/subscriber/subscriber-fields.ts';
import { requireLinking } from '../access/auth.ts';
import type { Carrier } from '../access/caller.ts';

/** What a row asks for, as far as it can be told without a look at who is there. */
export type Draft = {
  imported: ImportedSubscriber;
  phoneNumbers: PhoneNumbers;
  /** As the row has them; undefined where it says nothing of them. */
  others: readonly string[] | undefined;
  displayName: string | undefined;
  /** Prepared, where it can be. */
  jid: string | undefined;
};

/** @throws Fault INVALID_ARGUMENT, PERMISSION_DENIED (a number, or any JID, is not this carrier's to name) */
export function toDraft(carrier: Carrier, imported: ImportedSubscriber): Draft {
  const phoneNumbers = toE164s(imported.phoneNumber, imported.otherPhoneNumbers);
  for (const number of phoneNumbers) requireReach(carrier, number);
  const displayName =
    imported.displayName === undefined || imported.displayName === '' ? undefined : toDisplayName(imported.displayName);
  const jid = imported.jid ? (parseBareJid(imported.jid) ?? imported.jid) : undefined;
  if (jid !== undefined) requireLinking(carrier);
  return { imported, phoneNumbers, others: imported.otherPhoneNumbers, displayName, jid };
}

/** The numbers, in each of their forms, and the JID of a row: one that names another's comes after it. */
export function namesIn({ phoneNumbers, jid }: Draft): string[] {
  const forms = phoneNumbers.flatMap(lookupForms);
  return jid === undefined ? forms : [...forms, jid];
}
