import { bareOf } from '../../../domain/account/jid.ts';
import { errorAnswer } from '../../stream/error-answer.ts';
import type { Stream } from '../../stream/stream.ts';
import { type Element, textElement, xml } from '../../stream/xml.ts';
import type { CommandContext, Visit } from '../command.ts';
import { userOf, visitOf } from '../run.ts';
import { languageOf, TEXTS } from '../texts/texts.ts';
import { createConversations, type Reply } from './conversations.ts';

/** The commands as a conversation, for clients that show no forms. */
export type Chat = {
  /** Any stanza; a message that somebody has written to the component is answered. */
  receive(stanza: Element): void;
  /** Waits for what is under way. */
  stop(): Promise<void>;
};

/** Characters of a message that are read. */
const LONGEST = 16_384;
/** Messages of one account that wait for their turn; what it sends beyond them is lost. No person writes so fast. */
export const MOST_WAITING = 20;
const HINTS = 'urn:xmpp:hints';
const EME = 'urn:xmpp:eme:0';

/** The same commands as text, for clients without forms (decision 79). */
export function createChat(stream: Stream, context: CommandContext): Chat {
  const { log, domain } = context;
  const conversations = createConversations(context);
  /** By bare JID: the last message, and how many there are. */
  const turns = new Map<string, { last: Promise<void>; count: number }>();

  async function reply(message: Element): Promise<void> {
    const { from = '' } = message.attrs;
    const text = (message.getChildText('body') ?? '').slice(0, LONGEST).trim();
    const visit = await visitOf(context, from, languageOf(message.attrs['xml:lang']));
    if (!visit || text === '') return;
    const answered = await (message.getChild('encryption', EME)
      ? conversations.bewildered(visit, { text: visit.texts.chat.encrypted })
      : conversations.replyTo(visit, text));
    if (answered) await stream.send(replyElement(message, visit, answered));
  }

  return {
    receive(stanza) {
      if (!isConversation(stanza, domain)) return;
      const jid = userOf(context, stanza.attrs.from ?? '');
      if (jid === undefined) return void stream.send(refusalElement(stanza)).catch(() => {});
      const turn = turns.get(jid) ?? { last: Promise.resolve(), count: 0 };
      if (turn.count > MOST_WAITING) return;
      turn.count += 1;
      turn.last = turn.last
        .then(() => reply(stanza))
        .catch((err: unknown) => log.warn({ err }, 'a chat message is not answered'))
        .finally(() => {
          turn.count -= 1;
          if (turn.count === 0) turns.delete(jid);
        });
      turns.set(jid, turn);
    },
    async stop() {
      await Promise.all([...turns.values()].map(({ last }) => last));
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
