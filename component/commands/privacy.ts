import { Fault } from '../../domain/fault.ts';
import { MOST_BLOCKED, MOST_GROUPS, type Privacy } from '../../domain/friendship/privacy.ts';
import { parseE164 } from '../../domain/phone.ts';
import { groupsOfBooks } from '../../service/book/book-groups.ts';
import { type BlockedPerson, blockedPeople, toBlocked } from '../../service/friendship/blocked-people.ts';
import { changePrivacy } from '../../service/friendship/privacy.ts';
import type { Field, Option } from '../stream/data-form.ts';
import {
  type Answers,
  type Command,
  done,
  first,
  type Outcome,
  Refusal,
  type Stage,
  subscriberOf,
  type Visit,
} from './command.ts';
import { fitting } from './fitting.ts';
import type { Texts } from './texts/texts.ts';

/** Groups that a form offers: a list of more is no help, and a stanza has an end. */
const MOST_OFFERED = 300;

/** Who finds the subscriber, who sees the tune, who is blocked. */
export const privacy: Command = {
  name: 'privacy',
  open: 'to subscribers',
  audited: 'answers',
  begin: show,
};

/** Shows the present settings. The answers are refused if the settings were changed meanwhile. */
async function show(visit: Visit): Promise<Stage> {
  const { context, texts } = visit;
  const { stores, config } = context;
  const { id } = subscriberOf(visit);
  const { privacy: settings, version } = await stores.privacies.read(id);
  const people = await blockedPeople(config.secretsKey, id, await stores.privacies.blocked(id));
  const { title } = texts.commands.privacy;
  return {
    title,
    instructions: texts.privacy.ask,
    fields: await fieldsOf(visit, settings, people),
    last: true,
    next: (current, answers) => change(current, answers, settings, version),
  };
}

async function fieldsOf(visit: Visit, settings: Privacy, people: readonly BlockedPerson[]): Promise<Field[]> {
  const { privacy: words } = visit.texts;
  const { audience } = settings;
  const chosen = typeof audience === 'string' ? [] : audience.groups;
  const inBooks = await groupsOfBooks(visit.context, subscriberOf(visit).id, MOST_OFFERED);
  const groups = [...new Set([...chosen, ...fitting(inBooks, (group) => group + group)])];
  const audiences = (['friends', 'nobody', 'groups'] as const).map((value) => ({ value, label: words[value] }));
  const persons = await personOptions(visit, people);
  return [
    { name: 'discoverable', type: 'boolean', label: words.discoverable, value: [settings.discoverable ? '1' : '0'] },
    {
      name: 'audience',
      type: 'list-single',
      label: words.audience,
      options: audiences,
      value: [typeof audience === 'string' ? audience : 'groups'],
    },
    ...(groups.length === 0
      ? []
      : [
          {
            name: 'groups',
            type: 'list-multi',
            label: words.groupList,
            value: chosen,
            options: groups.map(asOption),
          } as const,
        ]),
    {
      name: 'blocked',
      type: 'text-multi',
      label: words.blocked,
      hint: words.blockedHint,
      value: people.flatMap((one) => ('phoneNumber' in one ? [one.phoneNumber] : [])),
    },
    ...(persons.length === 0
      ? []
      : [
          {
            name: 'people',
            type: 'list-multi',
            label: words.people,
            options: persons,
            value: people.flatMap((one) => ('subscriberId' in one ? [one.subscriberId] : [])),
          } as const,
        ]),
  ];
}

/** Who is blocked, and the friends, who can be. Who is blocked is no friend any more, and so has no name here. */
async function personOptions(visit: Visit, people: readonly BlockedPerson[]): Promise<Option[]> {
  const friends = await visit.context.stores.friends.list(subscriberOf(visit).id);
  const blocked = people.flatMap((one) => ('subscriberId' in one ? [asOption(one.subscriberId)] : []));
  const offered = fitting(friends, ({ id, name }) => id + name);
  return [...blocked, ...offered.map(({ id, name }) => ({ value: id, label: name }))];
}

function asOption(value: string): Option {
  return { value, label: value };
}

/** `shown`: the settings that the answers were given to. */
async function change(visit: Visit, answers: Answers, shown: Privacy, version: number): Promise<Outcome> {
  const { context, texts } = visit;
  const { id } = subscriberOf(visit);
  const settings: Privacy = {
    discoverable: first(answers, 'discoverable') === '1',
    audience: toAudience(answers, shown.audience, texts),
    privateUntil: shown.privateUntil,
  };
  try {
    await changePrivacy(context, id, settings, await toBlocked(context, id, toPeople(answers, texts)), version);
  } catch (err) {
    if (!(err instanceof Fault && err.code === 'FAILED_PRECONDITION')) throw err;
    return { ...(await show(visit)), notes: [{ type: 'error', text: texts.privacy.changed }] };
  }
  const text = `${texts.privacy.done} ${seenByText(settings.audience, texts)}`;
  return done(texts.commands.privacy.title, text);
}

function seenByText(audience: Privacy['audience'], { privacy: { seenBy } }: Texts): string {
  return typeof audience === 'string' ? seenBy[audience] : seenBy.groups(audience.groups.join(', '));
}

/** Whoever chooses groups and leaves the audience as it was shown means the groups: clients show the two side by side, as one choice. */
function toAudience(answers: Answers, shown: Privacy['audience'], { privacy: words }: Texts): Privacy['audience'] {
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

function toPeople(answers: Answers, texts: Texts): BlockedPerson[] {
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
