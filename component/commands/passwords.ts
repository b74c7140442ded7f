import { Fault } from '../../domain/fault.ts';
import { lengthOf } from '../../domain/text.ts';
import {
  type CreatedPassword,
  createApplicationPassword,
  revokeApplicationPassword,
} from '../../service/player/application-passwords.ts';
import { AUDIOSCROBBLER_PATH, LASTFM_PATH, WEBHOOK_PATH } from '../../service/player/player-addresses.ts';
import type { Field } from '../stream/data-form.ts';
import {
  type Answers,
  type Command,
  type Done,
  done,
  first,
  momentFor,
  Refusal,
  subscriberOf,
  type Visit,
} from './command.ts';
import type { Shown } from './shown-again.ts';

/** As the API has it. */
const LONGEST_NAME = 64;

/** Passwords with which players say what plays: made, shown, for a while again, and revoked. */
export const passwords: Command = {
  name: 'passwords',
  open: 'to subscribers',
  audited: 'answers',
  async begin(visit) {
    const { context, texts } = visit;
    const { id } = subscriberOf(visit);
    const kept = await context.stores.applicationPasswords.list(id);
    const { passwords: words, commands } = texts;
    const shown = context.shownAgain.of(id);
    const again = kept.some((one) => one.id === shown?.passwordId) ? shown : undefined;
    const options = await Promise.all(
      kept.map(async ({ id, name, createdAt }) => ({
        value: id,
        label: `${name} (${words.created(await momentFor(visit, createdAt))})`,
      })),
    );
    return {
      title: commands.passwords.title,
      instructions: again ? `${words.again(again.name)} ${words.once}` : words.ask,
      ...(again && { secret: true }),
      fields: [
        ...(again ? againFields(again, words.seen) : []),
        { name: 'create', type: 'text-single', label: words.create, hint: words.createHint, value: [] },
        ...(options.length === 0
          ? []
          : [{ name: 'revoke', type: 'list-multi', label: words.revoke, options, value: [] } as const]),
      ],
      last: true,
      next: change,
    };
  },
};

/**
 * The secret that was shown before, as fields of a form, which every client shows. What is answered
 * to these fields is ignored.
 */
function againFields({ facts }: Shown, seen: string): Field[] {
  const fields = facts.map(({ name, label, value }) => ({ name, label, type: 'text-single' as const, value: [value] }));
  return [...fields, { name: 'seen', type: 'boolean', label: seen, value: ['0'] }];
}

async function change(visit: Visit, answers: Answers): Promise<Done> {
  const { context, texts } = visit;
  const { id } = subscriberOf(visit);
  const { passwords: words, commands } = texts;
  const name = first(answers, 'create');
  if (name !== undefined && lengthOf(name) > LONGEST_NAME) throw new Refusal(texts.tooLong(words.create, LONGEST_NAME));
  const seen = first(answers, 'seen') === '1' && context.shownAgain.drop(id);
  let revoked = 0;
  for (const passwordId of answers.get('revoke') ?? [])
    if (await revokeApplicationPassword(context, id, passwordId)) revoked += 1;
  const told = revoked > 0 ? [{ type: 'info' as const, text: words.revoked(revoked) }] : [];
  if (name !== undefined) {
    const created = await create(visit, name);
    return { ...created, notes: [...told, ...created.notes] };
  }
  return told.length > 0 || seen
    ? { title: commands.passwords.title, notes: told }
    : done(commands.passwords.title, words.nothing);
}

async function create(visit: Visit, name: string): Promise<Done> {
  const { context, texts } = visit;
  const { id } = subscriberOf(visit);
  const created = await createApplicationPassword(context, id, name).catch((err: unknown) => {
    throw err instanceof Fault && err.code === 'CONFLICT' ? new Refusal(texts.passwords.tooMany, { cause: err }) : err;
  });
  const facts = factsOf(visit, id, created);
  context.shownAgain.keep(id, { passwordId: created.kept.id, name, facts });
  const notes = [{ type: 'warn' as const, text: texts.passwords.once }];
  return { title: texts.commands.passwords.title, notes, facts, secret: true };
}

/** What is to be typed into players. */
function factsOf({ context, texts }: Visit, id: string, { password, webhook }: CreatedPassword) {
  const { passwords: words } = texts;
  const base = context.config.publicUrl ?? words.gateway;
  const values = {
    user: id,
    password,
    listenbrainz: base,
    audioscrobbler: base + AUDIOSCROBBLER_PATH,
    lastfm: `${base}${LASTFM_PATH}/`,
    webhook: base + WEBHOOK_PATH + webhook,
  };
  return (Object.keys(values) as (keyof typeof values)[]).map((name) => ({
    name,
    label: words[name],
    value: values[name],
  }));
}
