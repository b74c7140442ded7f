import { Fault } from '../../../domain/fault.ts';
import { countOne } from '../../../service/login/limited.ts';
import { type Command, type CommandContext, isStage, type Outcome, type Stage, type Visit } from '../command.ts';
import { answer, begin, countStep, reasonOf } from '../run.ts';
import { commandsOf } from '../table.ts';
import { type Language, TEXTS } from '../texts/texts.ts';
import { doneText, helpText, stageText } from './chat-answers.ts';
import { readAnswers, readSaid } from './chat-words.ts';

/** `secret`: nothing for an archive. */
export type Reply = { text: string; secret?: boolean };

/** What is said to each user, one conversation for each. */
export type Conversations = {
  /** What to say to this; undefined to say nothing. The texts of `visit` become those of the language that was spoken. */
  replyTo(visit: Visit, text: string): Promise<Reply | undefined>;
  /** The text, unless there were too many of the kind lately. */
  bewildered(visit: Visit, reply: Reply): Promise<Reply | undefined>;
};

/** What a conversation waits for. `subscriberId`: whose it was when it was asked. */
type Pending = {
  command: Command;
  stage: Stage;
  subscriberId: string | undefined;
  language: Language;
  /** Whether its list of choices was shown, so that numbers mean something. */
  shown: boolean;
  expiresAt: number;
};

const LIFETIME = 15 * 60_000;
const MOST_PENDING = 10_000;
/**
 * How often somebody is told that a message was not understood, and that there were too many.
 * Without these limits two programs could answer each other for ever.
 */
const BEWILDERED = [{ most: 5, window: 600_000 }];
const OVER_LIMIT = [{ most: 1, window: 60_000 }];

/** What is said in chats: one conversation for each account, whichever of its clients speaks, in this process only (decision 79). */
export function createConversations(context: CommandContext): Conversations {
  const { log, now } = context;
  const commands = commandsOf(context);
  const pending = new Map<string, Pending>();

  async function replyTo(visit: Visit, text: string): Promise<Reply | undefined> {
    const said = readSaid(text, commands);
    if (said) visit.texts = TEXTS[said.language];
    try {
      await countStep(visit);
      if (said?.what === 'help') return { text: helpText(visit) };
      if (said?.what === 'cancel') return cancel(visit);
      const waiting = waitingFor(visit);
      if (said?.what === 'command') {
        // A list that was shown is what its numbers are of.
        if (said.rest !== '' && !said.command.read && waiting?.command === said.command)
          return await goOn(visit, waiting, said.rest);
        return await start(visit, said.command, said.rest, said.language);
      }
      if (!waiting) return await bewildered(visit, { text: visit.texts.chat.unknown });
      visit.texts = TEXTS[waiting.language];
      return await goOn(visit, waiting, text);
    } catch (err) {
      return excuse(visit, err);
    }
  }

  async function start(visit: Visit, command: Command, rest: string, language: Language): Promise<Reply | undefined> {
    pending.delete(visit.jid);
    const outcome = await begin(visit, command);
    if (!isStage(outcome) || rest === '' || isConfirmation(outcome)) return tell(visit, command, outcome, language);
    const waiting = wait(visit, command, outcome, language, false);
    const read = command.read && !namesField(outcome, rest) ? command.read(rest) : undefined;
    if (!read) return goOn(visit, waiting, rest);
    const given = new Map(
      outcome.fields.map(({ name, value }) => [name, read[name] === undefined ? value : [read[name]]]),
    );
    return take(visit, waiting, given);
  }

  async function goOn(visit: Visit, waiting: Pending, text: string): Promise<Reply | undefined> {
    const given = readAnswers(waiting.stage.fields, text, waiting.shown);
    if (given && isDeclined(waiting.stage, given)) return cancel(visit);
    if (given) return take(visit, waiting, given);
    const asked = stageText(waiting.stage, waiting.command, visit.texts);
    return bewildered(visit, { text: asked, secret: waiting.stage.secret ?? false });
  }

  async function take(
    visit: Visit,
    { command, stage, language }: Pending,
    given: ReadonlyMap<string, readonly string[]>,
  ) {
    const outcome = await answer(visit, command, stage, given);
    pending.delete(visit.jid);
    return tell(visit, command, outcome, language);
  }

  function tell(visit: Visit, command: Command, outcome: Outcome, language: Language): Reply {
    if (!isStage(outcome)) return { text: doneText(outcome, visit.texts), secret: outcome.secret ?? false };
    wait(visit, command, outcome, language, true);
    return { text: stageText(outcome, command, visit.texts), secret: outcome.secret ?? false };
  }

  function wait(
    { jid, subscriber }: Visit,
    command: Command,
    stage: Stage,
    language: Language,
    shown: boolean,
  ): Pending {
    const waiting = { command, stage, subscriberId: subscriber?.id, language, shown, expiresAt: now() + LIFETIME };
    pending.delete(jid);
    pending.set(jid, waiting);
    for (const [other, { expiresAt }] of pending)
      if (expiresAt <= now() || pending.size > MOST_PENDING) pending.delete(other);
      else break;
    return waiting;
  }

  function waitingFor({ jid, subscriber }: Visit): Pending | undefined {
    const waiting = pending.get(jid);
    return waiting && waiting.expiresAt > now() && waiting.subscriberId === subscriber?.id ? waiting : undefined;
  }

  function cancel({ jid, texts }: Visit): Reply {
    return { text: pending.delete(jid) ? texts.cancel.done : texts.cancel.nothing };
  }

  async function excuse(visit: Visit, err: unknown): Promise<Reply | undefined> {
    const reason = reasonOf(err, visit);
    if (reason === undefined) {
      log.error({ err }, 'a chat message is not answered');
      return { text: visit.texts.trouble };
    }
    const over = err instanceof Fault && err.code === 'TOO_MANY_REQUESTS';
    return !over || (await maySay(visit, 'told to wait', OVER_LIMIT)) ? { text: reason } : undefined;
  }

  async function bewildered(visit: Visit, reply: Reply): Promise<Reply | undefined> {
    return (await maySay(visit, 'not understood', BEWILDERED)) ? reply : undefined;
  }

  async function maySay({ jid }: Visit, what: string, limits: typeof BEWILDERED): Promise<boolean> {
    try {
      await countOne(context, what, jid, limits);
      return true;
    } catch (err) {
      if (err instanceof Fault && err.code === 'TOO_MANY_REQUESTS') return false;
      throw err;
    }
  }

  return { replyTo, bewildered };
}

/**
 * Whether the text begins with a field's name and a sign such as a colon. The name alone may be the
 * beginning of a title.
 */
function namesField({ fields }: Stage, text: string): boolean {
  const [, word = ''] = /^([^\s:：=]+)\s*[:：=]/.exec(text) ?? [];
  return fields.some(({ name, label }) => [name, label].includes(word.toLowerCase()));
}

/** A no to what is asked once more. */
function isDeclined(stage: Stage, given: ReadonlyMap<string, readonly string[]>): boolean {
  return isConfirmation(stage) && given.get(stage.fields[0]?.name ?? '')?.[0] === '0';
}

/**
 * Whether the stage asks for a yes before something is done. What followed the command's word in
 * the same message is then no answer to it.
 */
function isConfirmation({ fields }: Stage): boolean {
  return fields.length === 1 && fields[0]?.type === 'boolean';
}
