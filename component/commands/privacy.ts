import { Fault } from '../../domain/fault.ts';
import type { Privacy } from '../../domain/friendship/privacy.ts';
import { blockedPeople, toBlocked } from '../../service/friendship/blocked-people.ts';
import { changePrivacy } from '../../service/friendship/privacy.ts';
import {
  type Answers,
  type Command,
  done,
  first,
  type Outcome,
  type Stage,
  subscriberOf,
  type Visit,
} from './command.ts';
import { fieldsOf, toAudience, toPeople } from './privacy-form.ts';
import type { Texts } from './texts/texts.ts';

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
