import type { Photo } from '../photo.ts';
import { spokenName } from '../spoken-name.ts';
import { capName, MAX_MEMBER_LENGTH, MAX_MEMBERS, MAX_TELEPHONE_LENGTH, MAX_UID_LENGTH, MAX_VALUES } from './limits.ts';
import { splitText, unescapeText } from './text.ts';

/** A card's contact; `phoneNumbers` as written, `tel:` URIs included; `groups` are its CATEGORIES. */
export type VcardContact = { uid?: string; name: string; phoneNumbers: string[]; groups: string[] };

/** A card that is a group (RFC 6350 6.1.4, or Apple's form of it for vCard 3.0); `members`: identifiers of other cards. */
export type VcardGroup = { name: string; members: string[] };

/** A card while its lines come in: the first text of each kind, its lists, its first photo. */
export type CardDraft = {
  texts: Map<string, string>;
  phoneNumbers: Set<string>;
  groups: Set<string>;
  members: Set<string>;
  photo?: Photo | undefined;
};

/** A card of which nothing has been read yet. */
export function createCardDraft(): CardDraft {
  return { texts: new Map(), phoneNumbers: new Set(), groups: new Set(), members: new Set() };
}

/** Takes one decoded property into the draft; later ones of the same kind do not replace a first that says something. */
export function addToDraft(draft: CardDraft, name: string, text: string): void {
  if (name === 'TEL') addValue(draft.phoneNumbers, unescapeText(text).trim(), MAX_TELEPHONE_LENGTH);
  else if (name === 'CATEGORIES') {
    const separators = draft.texts.get('VERSION')?.trim() === '2.1' ? ',;' : ',';
    for (const group of splitText(text, separators))
      addValue(draft.groups, capName(group.trim()), Number.POSITIVE_INFINITY);
  } else if (name === 'MEMBER' || name === 'X-ADDRESSBOOKSERVER-MEMBER') addMember(draft.members, memberId(text));
  else if (!draft.texts.has(name) && /[^\s;,]/.test(text)) draft.texts.set(name, text);
}

/** What cards are known by to groups: the UID without what only says that it is one. */
export function memberId(uid: string): string {
  return unescapeText(uid)
    .trim()
    .toLowerCase()
    .replace(/^urn:uuid:/, '');
}

function addMember(members: Set<string>, id: string): void {
  if (id !== '' && id.length <= MAX_MEMBER_LENGTH && members.size < MAX_MEMBERS) members.add(id);
}

/** The group that the card is, undefined when it is a person's or an organisation's. */
export function groupOf({ texts, members }: CardDraft): VcardGroup | undefined {
  const kind = texts.get('KIND') ?? texts.get('X-ADDRESSBOOKSERVER-KIND');
  if (kind?.trim().toLowerCase() !== 'group') return undefined;
  return { name: capName(nameOf(texts) ?? ''), members: [...members] };
}

/** The finished contact, undefined when the card names nobody: no name, organisation, nickname, e-mail address or number. */
export function finishCard(draft: CardDraft): VcardContact | undefined {
  const phoneNumbers = [...draft.phoneNumbers];
  const name = nameOf(draft.texts) ?? phoneNumbers[0];
  if (name === undefined) return undefined;
  const uid = unescapeText(draft.texts.get('UID') ?? '').trim();
  const contact = { name: capName(name), phoneNumbers, groups: [...draft.groups] };
  return uid === '' || uid.length > MAX_UID_LENGTH ? contact : { uid, ...contact };
}

function nameOf(texts: ReadonlyMap<string, string>): string | undefined {
  const candidates = [
    unescapeText(texts.get('FN') ?? ''),
    structuredName(texts.get('N') ?? '', texts.get('VERSION')),
    splitText(texts.get('NICKNAME') ?? '', ',')[0],
    splitText(texts.get('ORG') ?? '', ';').find((part) => part.trim() !== ''),
    unescapeText(texts.get('EMAIL') ?? ''),
  ];
  return candidates.map((name) => name?.trim()).find(Boolean);
}

/** `Family;Given;…` as people say it. */
function structuredName(text: string, version: string | undefined): string {
  // In 2.1 a comma is text; later a component may list several names.
  const spaced = version?.trim() === '2.1' ? text : text.replace(/\\.|,/gs, (found) => (found === ',' ? ' ' : found));
  const [family = '', given = '', additional = ''] = splitText(spaced, ';').map((part) => part.trim());
  return spokenName(`${given} ${additional}`.trim(), family);
}

/** Adds a value that says something and is not too long, as long as there is room. */
export function addValue(values: Set<string>, value: string, maxLength: number): void {
  if (value !== '' && value.length <= maxLength && values.size < MAX_VALUES) values.add(value);
}
