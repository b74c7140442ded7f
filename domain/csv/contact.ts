import { spokenName } from '../spoken-name.ts';
import { addValue, type VcardContact } from '../vcard/card.ts';
import { capName, MAX_TELEPHONE_LENGTH } from '../vcard/limits.ts';
import type { Role } from './headers.ts';

/** A row's contact, in the shape of a card's, `phoneNumbers` as written. */
export type CsvContact = VcardContact;

/** What stands between several values of one field: Google's ` ::: `. */
const GOOGLE_LIST = ':::';

/** The contact of one row; undefined when it names nobody: no name, organisation, e-mail address or number. */
export function contactOf(fields: readonly string[], roles: readonly (Role | undefined)[]): CsvContact | undefined {
  const texts = new Map<Role, string>();
  const phoneNumbers = new Set<string>();
  const groups = new Set<string>();
  for (const [at, role] of roles.entries()) {
    const text = fields[at]?.trim() ?? '';
    if (role === undefined || role === 'unused' || text === '') continue;
    if (role === 'phone')
      for (const number of text.split(GOOGLE_LIST)) addValue(phoneNumbers, number.trim(), MAX_TELEPHONE_LENGTH);
    else if (role === 'groups')
      for (const group of splitGroups(text)) addValue(groups, group, Number.POSITIVE_INFINITY);
    else if (!texts.has(role)) texts.set(role, text);
  }
  const name = nameOf(texts) ?? phoneNumbers.values().next().value;
  return name === undefined ? undefined : { name: capName(name), phoneNumbers: [...phoneNumbers], groups: [...groups] };
}

function nameOf(texts: ReadonlyMap<Role, string>): string | undefined {
  const given = `${texts.get('given') ?? ''} ${texts.get('middle') ?? ''}`.trim();
  const parts = spokenName(given, texts.get('family') ?? '');
  return [texts.get('name'), parts, texts.get('nickname'), texts.get('organisation'), texts.get('email')].find(Boolean);
}

/** Google: `* myContacts ::: Family`, the star for a group of its own; Outlook: `Family;Friends`. */
function splitGroups(text: string): string[] {
  return text.split(/:::|;/).map((group) => capName(group.trim().replace(/^\* /, '')));
}
