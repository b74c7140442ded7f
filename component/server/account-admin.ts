// XEP-0133: Service Administration, version 1.3 (https://xmpp.org/extensions/xep-0133.html), by XEP-0050 ad-hoc commands
import { isCondition, StanzaError } from '../stream/stanza-error.ts';
import type { Stream } from '../stream/stream.ts';
import { descendants, type Element, xml } from '../stream/xml.ts';

const COMMANDS = 'http://jabber.org/protocol/commands';
const ADMIN = 'http://jabber.org/protocol/admin';
const DATA = 'jabber:x:data';

/** Section 4.1. @throws StanzaError `refused` with the server's note when it would not. */
export async function addUser(stream: Stream, host: string, jid: string, password: string): Promise<void> {
  await execute(stream, host, 'add-user', { accountjid: jid, password, 'password-verify': password });
}

/** Section 4.5. @throws StanzaError `refused` */
export async function changePassword(stream: Stream, host: string, jid: string, password: string): Promise<void> {
  await execute(stream, host, 'change-user-password', { accountjid: jid, password });
}

/** Section 4.2: the account and everything in it, roster, PEP nodes and offline messages; whoever is logged in is thrown out. */
export async function deleteUser(stream: Stream, host: string, jid: string): Promise<void> {
  await execute(stream, host, 'delete-user', { accountjids: jid });
}

/** Section 4.8: how many items the account's roster has; undefined when there is no such account. */
export async function rosterSize(stream: Stream, host: string, jid: string): Promise<number | undefined> {
  try {
    const answer = await execute(stream, host, 'get-user-roster', { accountjid: jid });
    return descendants(answer, 'item', 'jabber:iq:roster').length;
  } catch (err) {
    if (isCondition(err, 'refused')) return undefined;
    throw err;
  }
}

async function execute(stream: Stream, host: string, name: string, fields: Record<string, string>): Promise<Element> {
  const node = `${ADMIN}#${name}`;
  const first = commandOf(await stream.request(commandIq(host, { node, action: 'execute' })));
  const form = xml(
    'x',
    { xmlns: DATA, type: 'submit' },
    field('FORM_TYPE', ADMIN),
    Object.entries(fields).map(([key, value]) => field(key, value)),
  );
  const done = commandOf(
    await stream.request(commandIq(host, { node, action: 'complete', sessionid: first.attrs.sessionid }, form)),
  );
  const note = done.getChild('note', COMMANDS);
  if (note?.attrs.type === 'error') throw new StanzaError('refused', note.getText());
  if (done.attrs.status !== 'completed') throw new StanzaError('refused', `the command ended as ${done.attrs.status}`);
  return done;
}

function commandIq(host: string, attrs: Record<string, string | undefined>, form?: Element): Element {
  return xml('iq', { type: 'set', to: host }, xml('command', { xmlns: COMMANDS, ...attrs }, form));
}

function commandOf(answer: Element): Element {
  const command = answer.getChild('command', COMMANDS);
  if (!command) throw new StanzaError('undefined-condition', 'the answer holds no command');
  return command;
}

function field(name: string, value: string): Element {
  return xml('field', { var: name }, xml('value', {}, value));
}
