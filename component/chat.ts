import { Fault } from '../domain/fault.ts';
import { bareOf } from '../domain/jid.ts';
import { countOne } from '../service/limited.ts';
import { doneText, helpText, stageText } from './chat-answers.ts';
import { readAnswers, readSaid } from './chat-words.ts';
import {
  type Command,
  type CommandContext,
  isStage,
  type Outcome,
  type Stage,
  type Visit,
} from './commands/command.ts';
import { answer, begin, countStep, reasonOf, userOf, visitOf } from './commands/run.ts';
import { commandsOf } from './commands/table.ts';
import { type Language, languageOf, TEXTS } from './commands/texts.ts';
import { errorAnswer } from './error-answer.ts';
import type { Stream } from './stream.ts';
import { type Element, textElement, xml } from './xml.ts';

export type Chat = {
  /** Any stanza; a message that somebody has written to the component is answered. */
  receive(stanza: Element): void;
  /** Waits for what is under way. */
  stop(): Promise<void>;
};

/** What a conversation waits for. `subscriberId`: whose it was when it was asked. */
type Pending = {
  command: Command;
  stage: Stage;
  subscriberId: string | undefined;
  language: Language;
  expiresAt: number;
};
type Reply = { text: string; secret?: boolean };

/** Characters of a message that are read. */
const LONGEST = 16_384;
const LIFETIME = 15 * 60_000;
const MOST_PENDING = 10_000;
/** Answers to what is not understood, so that two programs do not talk for ever; and to who asks too much. */
const BEWILDERED = [{ most: 5, window: 600_000 }];
const OVER_LIMIT = [{ most: 1, window: 60_000 }];
const HINTS = 'urn:xmpp:hints';
const EME = 'urn:xmpp:eme:0';

/** The same commands as text, for clients without forms (decision 79). */
export function createChat(stream: Stream, context: CommandContext): Chat {
  const { log, now, domain } = context;
  const commands = commandsOf(context);
  const pending = new Map<string, Pending>();
  const turns = new Map<string, Promise<void>>();

  async function reply(message: Element): Promise<void> {
    const { from = '' } = message.attrs;
    const text = (message.getChildText('body') ?? '').slice(0, LONGEST).trim();
    const visit = await visitOf(context, from, languageOf(message.attrs['xml:lang']));
    if (!visit || text === '') return;
    const answered = await replyTo(visit, text, message.getChild('encryption', EME) !== undefined);
    if (answered) await stream.send(replyElement(message, visit, answered));
  }

  async function replyTo(visit: Visit, text: string, encrypted: boolean): Promise<Reply | undefined> {
    if (encrypted) return bewildered(visit, visit.texts.chat.encrypted);
    const said = readSaid(text, commands);
    if (said) visit.texts = TEXTS[said.language];
    try {
      await countStep(visit);
      if (said?.what === 'help') return { text: helpText(visit) };
      if (said?.what === 'cancel') return cancel(visit);
      const waiting = waitingFor(visit);
      if (said?.what === 'command') {
        if (said.rest !== '' && waiting?.command === said.command) return await goOn(visit, waiting, said.rest);
        return await start(visit, said.command, said.rest, said.language);
      }
      if (!waiting) return await bewildered(visit, visit.texts.chat.unknown);
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
    const waiting = wait(visit, command, outcome, language);
    const read = command.read && !namesField(outcome, rest) ? command.read(rest) : undefined;
    if (!read) return goOn(visit, waiting, rest, false);
    const given = new Map(
      outcome.fields.map(({ name, value }) => [name, read[name] === undefined ? value : [read[name]]]),
    );
    return take(visit, waiting, given);
  }

  /** `numbered`: the list of choices was shown. */
  async function goOn(visit: Visit, waiting: Pending, text: string, numbered = true): Promise<Reply | undefined> {
    const given = readAnswers(waiting.stage.fields, text, numbered);
    if (given) return take(visit, waiting, given);
    return bewildered(visit, stageText(waiting.stage, waiting.command, visit.texts));
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
    wait(visit, command, outcome, language);
    return { text: stageText(outcome, command, visit.texts) };
  }

  function wait({ jid, subscriber }: Visit, command: Command, stage: Stage, language: Language): Pending {
    const waiting = { command, stage, subscriberId: subscriber?.id, language, expiresAt: now() + LIFETIME };
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
    return !over || (await isFirst(visit, 'told to wait', OVER_LIMIT)) ? { text: reason } : undefined;
  }

  async function bewildered(visit: Visit, text: string): Promise<Reply | undefined> {
    return (await isFirst(visit, 'not understood', BEWILDERED)) ? { text } : undefined;
  }

  async function isFirst({ jid }: Visit, what: string, limits: typeof BEWILDERED): Promise<boolean> {
    return countOne(context, what, jid, limits).then(
      () => true,
      () => false,
    );
  }

  return {
    receive(stanza) {
      if (!isConversation(stanza, domain)) return;
      const jid = userOf(context, stanza.attrs.from ?? '');
      if (jid === undefined) return void stream.send(refusalElement(stanza)).catch(() => {});
      const turn = (turns.get(jid) ?? Promise.resolve())
        .then(() => reply(stanza))
        .catch((err: unknown) => log.warn({ err }, 'a chat message is not answered'))
        .finally(() => {
          if (turns.get(jid) === turn) turns.delete(jid);
        });
      turns.set(jid, turn);
    },
    async stop() {
      await Promise.all(turns.values());
    },
  };
}

/** What a person has written, to the component itself: no error, room, headline, receipt, marker or chat state, and nothing that was sent long ago. */
function isConversation(stanza: Element, domain: string): boolean {
  const { type = 'normal', to = '', from = '' } = stanza.attrs;
  if (stanza.name !== 'message' || (type !== 'chat' && type !== 'normal')) return false;
  if (bareOf(to) !== domain || !from.includes('@')) return false;
  return (stanza.getChildText('body') ?? '').trim() !== '' && !stanza.getChild('delay', 'urn:xmpp:delay');
}

/** RFC 6121, section 5.2: to where it came from, of the same type, in the same thread. */
function replyElement(message: Element, { texts }: Visit, { text, secret }: Reply): Element {
  const { type, from, to } = message.attrs;
  const lang = texts === TEXTS.zh ? 'zh' : 'en';
  return xml(
    'message',
    { type, from: to, to: from, 'xml:lang': lang },
    textElement('body', text),
    textElement('thread', message.getChildText('thread') ?? undefined),
    // XEP-0334: a password stays in no archive.
    ...(secret ? [xml('no-store', { xmlns: HINTS }), xml('no-copy', { xmlns: HINTS })] : []),
  );
}

/** For strangers; an error is never answered. */
function refusalElement(message: Element): Element {
  const { id, from, to } = message.attrs;
  return xml('message', { type: 'error', id, from: to, to: from }, errorAnswer('auth', 'forbidden'));
}

/** A title may begin with a field's name: only a sign behind it makes it one. */
function namesField({ fields }: Stage, text: string): boolean {
  const [, word = ''] = /^([^\s:：=]+)\s*[:：=]/.exec(text) ?? [];
  return fields.some(({ name, label }) => [name, label].includes(word.toLowerCase()));
}

/** What is asked once more before it is done takes an answer of its own. */
function isConfirmation({ fields }: Stage): boolean {
  return fields.length === 1 && fields[0]?.type === 'boolean';
}
