import type { Component, Element } from '@xmpp/component';
import { bareOf, domainOf } from '../../domain/account/jid.ts';
import { Fault } from '../../domain/fault.ts';
import type { Log } from '../../runtime/log.ts';
import { errorAnswer } from './error-answer.ts';
import { ownTexts } from './own-texts.ts';

/** Octets. */
const LONGEST_STANZA = 400_000;
const STANZAS = ['iq', 'message', 'presence'];

/**
 * Protects the process from what xmpp.js does not expect of a server: at the worst the stream ends,
 * which is then made anew.
 */
export function guard(entity: Component, log: Log): void {
  guardReading(entity);
  handOverTags(entity);
  passOverUnaddressed(entity, log);
  waitUntilOnline(entity);
  ownTexts(entity);
  boundWriting(entity);
  echoNothing(entity);
  // RFC 6120, section 4.4: who is told that the stream ends, ends it as well.
  entity.on('close', () => entity.socket?.end());
}

/** xmpp.js throws out of the socket's event: where an entity is unknown, or when anything follows the end of a stream. */
function guardReading(entity: Component): void {
  const read = entity._onData;
  entity._onData = (data) => {
    if (!entity.parser) return;
    try {
      read.call(entity, data);
    } catch (err) {
      if (entity.parser) entity._onParserError(err as Error);
    }
  };
}

/**
 * Hands over what comes up to its last tag, and the rest with the next: of a text that does not end
 * in it the parser looks through the whole rest once for each character, and anybody may send half
 * a million (0.4 s for each chunk). A stanza is complete with its last tag, so nothing is late.
 */
function handOverTags(entity: Component): void {
  const read = entity._onData;
  let rest: string[] = [];
  entity._onData = (data) => {
    const text = `${data}`;
    const end = text.lastIndexOf('>') + 1;
    const whole = end === 0 ? '' : [...rest, text.slice(0, end)].join('');
    if (end > 0) rest = [];
    rest.push(text.slice(end));
    if (whole !== '') read.call(entity, whole);
  };
  entity.on('disconnect', () => {
    rest = [];
  });
}

/** Servers stamp every stanza (XEP-0114); one from nobody or to no address cannot be answered, and makes xmpp.js throw. */
function passOverUnaddressed(entity: Component, log: Log): void {
  const take = entity._onElement;
  const { domain } = entity.options;
  entity._onElement = (element) => {
    const { from = STANZAS.includes(element.name) ? '' : domain, to = domain } = element.attrs;
    if ([from, to].every((jid) => domainOf(bareOf(jid)) !== '')) take.call(entity, element);
    else log.warn('a stanza with no sender or for no address is passed over');
  };
}

/**
 * A server may send stanzas in the packet that ends the handshake. xmpp.js would handle them before
 * it has noticed that it is online, and could not answer: they wait for that moment.
 */
function waitUntilOnline(entity: Component): void {
  const take = entity._onElement;
  let early: Element[] = [];
  entity._onElement = (element) => {
    if (entity.jid || !STANZAS.includes(element.name)) take.call(entity, element);
    else early.push(element);
  };
  const handOver = () => {
    for (const stanza of early.splice(0)) take.call(entity, stanza);
  };
  // After whoever else listens for it, as if they had come later.
  entity.on('online', () => queueMicrotask(handOver));
  entity.on('disconnect', () => {
    early = [];
  });
}

/** What is too long for the server would end the stream for everybody (Prosody: 512 kB; RFC 6120, section 13.12, rule 8). */
function boundWriting(entity: Component): void {
  const write = entity.write;
  entity.write = (text) =>
    Buffer.byteLength(text) > LONGEST_STANZA ? Promise.reject(tooLong()) : write.call(entity, text);
}

function tooLong(): Fault {
  return new Fault('PAYLOAD_TOO_LARGE', 'A stanza is too long for the XMPP server, and is not sent.');
}

/**
 * Sends error answers without a copy of the request, which needs none (RFC 6120, section 8.3.1). A
 * request that is nested ten thousand deep cannot be serialised, and would get no answer. An answer
 * that is too long is replaced by `resource-constraint`.
 */
function echoNothing(entity: Component): void {
  const send = entity.send;
  entity.send = async (element) => {
    // The stream on which it was asked is gone.
    if (!entity.jid && isAnswer(element)) return;
    try {
      await send.call(entity, isErrorAnswer(element) ? withoutEcho(element) : element);
    } catch (err) {
      if (!(err instanceof Fault) || element.name !== 'iq' || element.attrs.type !== 'result') throw err;
      element.attrs.type = 'error';
      element.children = [];
      element.append(errorAnswer('cancel', 'resource-constraint'));
      await send.call(entity, element);
    }
  };
}

function isAnswer({ name, attrs }: Element): boolean {
  return name === 'iq' && (attrs.type === 'result' || attrs.type === 'error');
}

function isErrorAnswer({ name, attrs }: Element): boolean {
  return name === 'iq' && attrs.type === 'error';
}

function withoutEcho(answer: Element): Element {
  answer.children = answer.getChildren('error').slice(-1);
  return answer;
}
