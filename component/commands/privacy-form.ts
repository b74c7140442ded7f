import { MOST_BLOCKED, MOST_GROUPS, type Privacy } from '../../domain/friendship/privacy.ts';
import { parseE164 } from '../../domain/phone.ts';
import { groupsOfBooks } from '../../service/book/book-groups.ts';
import type { BlockedPerson } from '../../service/friendship/blocked-people.ts';
import type { Field, Option } from '../stream/data-form.ts';
import { type Answers, first, Refusal, subscriberOf, type Visit } from './command.ts';
import { fitting } from './fitting.ts';
import type { Texts } from './texts/texts.ts';

/** Groups that a form offers: a list of more is no help, and a stanza has an end. */
const MOST_OFFERED = 300;

/** The form with the present settings. `people`: who is blocked. */
export async function fieldsOf(visit: Visit, settings: Privacy, people: readonly BlockedPerson[]): Promise<Field[]> {
  const { privacy: words } = visit.texts;
  return [
    { name: 'discoverable', type: 'boolean', label: words.discoverable, value: [settings.discoverable ? '1' : '0'] },
    ...(await audienceFields(visit, settings)),
    {
      name: 'blocked',
      type: 'text-multi',
      label: words.blocked,
      hint: words.blockedHint,
      value: people.flatMap((one) => ('phoneNumber' in one ? [one.phoneNumber] : [])),
    },
    ...(await peopleField(visit, people)),
  ];
}

/** Who may see the tune; groups, where there are any. */
async function audienceFields(visit: Visit, { audience }: Privacy): Promise<Field[]> {
  const { privacy: words } = visit.texts;
  const chosen = typeof audience === 'string' ? [] : audience.groups;
  const inBooks = await groupsOfBooks(visit.context, subscriberOf(visit).id, MOST_OFFERED);
  const groups = [...new Set([...chosen, ...fitting(inBooks, (group) => group + group)])];
  const options = (['friends', 'nobody', 'groups'] as const).map((value) => ({ value, label: words[value] }));
  const value = [typeof audience === 'string' ? audience : 'groups'];
  const choice: Field = { name: 'audience', type: 'list-single', label: words.audience, options, value };
  if (groups.length === 0) return [choice];
  return [
    choice,
    { name: 'groups', type: 'list-multi', label: words.groupList, value: chosen, options: groups.map(asOption) },
  ];
}

/** Who is blocked by id, or could be; nothing where there is nobody. */
async function peopleField(visit: Visit, people: readonly BlockedPerson[]): Promise<Field[]> {
  const options = await personOptions(visit, people);
  if (options.length === 0) return [];
  const value = people.flatMap((one) => ('subscriberId' in one ? [one.subscriberId] : []));
  return [{ name: 'people', type: 'list-multi', label: visit.texts.privacy.people, options, value }];
}

/** Who is blocked, and the friends, who can be. Who is blocked is no friend any more, and so has no name here. */
async function personOptions(visit: Visit, people: readonly BlockedPerson[]): Promise<Option[]> {
  const friends = await visit.context.stores.shownFriends.list(subscriberOf(visit).id);
  const blocked = people.flatMap((one) => ('subscriberId' in one ? [asOption(one.subscriberId)] : []));
  const offered = fitting(friends, ({ id, name }) => id + name);
  return [...blocked, ...offered.map(({ id, name }) => ({ value: id, label: name }))];
}

function asOption(value: string): Option {
  return { value, label: value };
}

/**
 * Who may see the tune, by the answers. Whoever chooses groups and leaves the audience as it was shown means the groups: clients
 * show the two side by side, as one choice. @throws Refusal for answers that contradict each other
 */
export function toAudience(
  answers: Answers,
  shown: Privacy['audience'],
  { privacy: words }: Texts,
): Privacy['audience'] {
  const audience = first(answers, 'audience');
  const groups = [...(answers.get('groups') ?? [])].sort();
  const shownGroups = typeof shown === 'string' ? [] : shown.groups;
  const choseGroups = groups.length > 0 && groups.join('\n') !== [...shownGroups].sort().join('\n');
  if ((audience === 'friends' || audience === 'nobody') && !(choseGroups && audience === shown)) {
    if (choseGroups && audience === 'friends') throw new Refusal(words.groupsOrAll);
    return audience;
  }
  if (groups.length === 0 || groups.length > MOST_GROUPS) throw new Refusal(words.noGroup);
  return { groups };
}

/** Who is to be blocked. @throws Refusal for what is no number, and for too many */
export function toPeople(answers: Answers, texts: Texts): BlockedPerson[] {
  const numbers = (answers.get('blocked') ?? []).map((text, at) => {
    const phoneNumber = parseE164(text);
    if (phoneNumber === undefined) throw new Refusal(texts.privacy.wrongNumber(at + 1));
    return { phoneNumber };
  });
  const persons = (answers.get('people') ?? []).map((subscriberId) => ({ subscriberId }));
  if (numbers.length + persons.length > MOST_BLOCKED)
    throw new Refusal(texts.tooMany(texts.privacy.blocked, MOST_BLOCKED));
  return [...numbers, ...persons];
}
