// XEP-0133: Service Administration, version 1.3 (https://xmpp.org/extensions/xep-0133.html), by XEP-0050 ad-hoc commands
import { StanzaError } from './stanza-error.ts';
import type { Stream } from './stream.ts';
import { type Element, xml } from './xml.ts';

const COMMANDS = 'http://jabber.org/protocol/commands';
const ADMIN = 'http://jabber.org/protocol/admin';
const DATA = 'jabber:x:data';

/** Section 4.1. @throws StanzaError `refused` with the server's note when it would not. */
export function addUser(stream: Stream, host: string, jid: string, password: string): Promise<void> {
  return execute(stream, host, 'add-user', { accountjid: jid, password, 'password-verify': password });
}

/** Section 4.5. @throws StanzaError `refused` */
export function changePassword(stream: Stream, host: string, jid: string, password: string): Promise<void> {
  return execute(stream, host, 'change-user-password', { accountjid: jid, password });
}

/** Section 4.2: the account and everything in it, roster, PEP nodes and offline messages; whoever is logged in is thrown out. */
export function deleteUser(stream: Stream, host: string, jid: string): Promise<void> {
  return execute(stream, host, 'delete-user', { accountjids: jid });
}

async function execute(stream: Stream, host: string, name: string, fields: Record<string, string>): Promise<void> {
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
