// XEP-0050, section 4

import { formElement, resultElement, type Submitted } from '../../stream/data-form.ts';
import { type Element, xml } from '../../stream/xml.ts';
import type { Command, Done, Note, Stage, Visit } from '../command.ts';
import { type CommandName, TEXTS } from '../texts/texts.ts';
import { actionsElement, COMMANDS } from './command-actions.ts';
import type { Session } from './command-sessions.ts';

/** The node of a command in service discovery. */
export function nodeOf(name: CommandName): string {
  return `earshot#${name}`;
}

/** The present stage, as it is shown; `given` stands in its fields. */
export function executing(visit: Visit, session: Session, notes: readonly Note[] = [], given?: Submitted): Element {
  const { stage, submitted } = session.stages.at(-1) as { stage: Stage; submitted: Submitted };
  return commandElement(visit, session.command, 'executing', session.id, [
    actionsElement(session.stages),
    formElement(stage, given ?? submitted),
    ...notes.map(noteElement),
  ]);
}

/** The end of a command. */
export function completed(visit: Visit, command: Command, sessionid: string, done: Done): Element {
  // Its notes may say everything.
  const result = done.facts?.length || done.table ? resultElement(done) : undefined;
  const parts = [result, ...done.notes.map(noteElement)];
  return commandElement(visit, command, 'completed', sessionid, parts);
}

/** `<command/>` of an answer (XEP-0050, section 2). */
export function commandElement(
  { texts }: Visit,
  { name }: Command,
  status: 'executing' | 'completed' | 'canceled',
  sessionid: string,
  parts: (Element | undefined)[] = [],
): Element {
  const lang = texts === TEXTS.zh ? 'zh' : 'en';
  return xml('command', { xmlns: COMMANDS, node: nodeOf(name), status, sessionid, 'xml:lang': lang }, parts);
}

function noteElement({ type, text }: Note): Element {
  return xml('note', { type }, text);
}
