import { Fault } from '../../domain/fault.ts';
import type { Recording } from '../../service/audit/recorded.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Form, Result } from '../stream/data-form.ts';
import type { ShownAgain } from './shown-again.ts';
import type { CommandName, Texts } from './texts/texts.ts';
import type { TimeZones } from './time-zones.ts';

/** What commands work with. `domain`: the component's. */
export type CommandContext = Recording & { domain: string; shownAgain: ShownAgain; timeZones: TimeZones };

/** Somebody of the home host who is at a command. `jid`: bare, as the server has authenticated it. `subscriber`: whose account it is at this moment. */
export type Visit = {
  context: CommandContext;
  jid: string;
  subscriber: Subscriber | undefined;
  texts: Texts;
  /** Minutes east of UTC where the person is, if the client says. */
  zone(): Promise<number | undefined>;
};

/** By field, each checked against it and cleaned; a field that holds nothing is absent. */
export type Answers = ReadonlyMap<string, readonly string[]>;

/** Something to say beside a form or a result (XEP-0050, section 3.3). */
export type Note = { type: 'info' | 'warn' | 'error'; text: string };

/**
 * A question to the user. `last`: its answers complete the command. `secret`: archives must not
 * keep it. `next` takes the answers; it may be called any number of times, each time with a new
 * look at who the user is.
 */
export type Stage = Form & {
  last: boolean;
  secret?: true;
  notes?: readonly Note[];
  next(visit: Visit, answers: Answers): Promise<Outcome>;
};

/** The command is done. `facts`: what it has to say, by label; `secret`: nothing for an archive. */
export type Done = Result & { title: string; notes: readonly Note[]; secret?: true };

/** What comes of a step: another question, or the end. */
export type Outcome = Stage | Done;

/**
 * What can be done from a client, by form or by text. `open` to every user of the home host, or to subscribers only. `audited`: which step changes
 * something, so that it leaves an entry. `read` takes what follows the command's word in a chat as answers to the first stage; without it
 * fields are named.
 */
export type Command = {
  name: CommandName;
  open: 'to users' | 'to subscribers';
  audited?: 'begin' | 'answers';
  begin(visit: Visit): Promise<Outcome>;
  read?(words: string): Record<string, string>;
};

/** What somebody answered cannot be taken; the text says why, in their language. The same is asked again. */
export class Refusal extends Error {}

/** Whether the command goes on, and is not done. */
export function isStage(outcome: Outcome): outcome is Stage {
  return 'next' in outcome;
}

/** @throws Fault PERMISSION_DENIED when the account is no subscriber's, or no longer */
export function subscriberOf({ subscriber }: Visit): Subscriber {
  if (!subscriber) throw new Fault('PERMISSION_DENIED', 'This account is not linked to a number; link one first.');
  return subscriber;
}

/** The answer to a field that takes one; undefined where it was left empty. */
export function first(answers: Answers, name: string): string | undefined {
  return answers.get(name)?.[0];
}

/** A command that is done and has one thing to say. */
export function done(title: string, text: string, type: Note['type'] = 'info'): Done {
  return { title, notes: [{ type, text }] };
}

/** A moment for people to read, to the minute, by the clock of whoever reads it where the zone is known. */
export async function momentFor({ zone }: Visit, milliseconds: number): Promise<string> {
  const offset = await zone();
  const local = new Date(milliseconds + (offset ?? 0) * 60_000).toISOString().slice(0, 16).replace('T', ' ');
  return offset === undefined ? `${local} UTC` : local;
}
