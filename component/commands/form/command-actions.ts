// XEP-0050, sections 3.4 and 4.4

import { errorAnswer } from '../../stream/error-answer.ts';
import { type Element, xml } from '../../stream/xml.ts';
import type { Stage } from '../command.ts';

/** Namespace of ad-hoc commands (XEP-0050). */
export const COMMANDS = 'http://jabber.org/protocol/commands';

/** What a client can ask of a command (XEP-0050, section 3.4). */
export type Action = 'execute' | 'next' | 'prev' | 'complete' | 'cancel';
const ACTIONS: readonly string[] = ['execute', 'next', 'prev', 'complete', 'cancel'] satisfies Action[];

type Condition = 'bad-action' | 'bad-payload' | 'bad-sessionid' | 'malformed-action' | 'session-expired';

/** A request that cannot be followed, by the conditions of section 4.4. */
export class ActionError extends Error {
  readonly condition: Condition;

  constructor(condition: Condition) {
    super(condition);
    this.condition = condition;
  }

  answer(): Element {
    const expired = this.condition === 'session-expired';
    const error = expired ? errorAnswer('cancel', 'not-allowed') : errorAnswer('modify', 'bad-request');
    error.append(xml(this.condition, { xmlns: COMMANDS }));
    return error;
  }
}

/**
 * The action that a request asks for; `execute` when it names none. With the `stages` of a session,
 * `execute` becomes the default action of the present stage, and an action that this stage does not
 * offer is refused. @throws ActionError
 */
export function actionOf({ attrs }: Element, stages?: readonly { stage: Stage }[]): Action {
  const action = attrs.action || 'execute';
  if (!isAction(action)) throw new ActionError('malformed-action');
  if (!stages || action === 'cancel') return action;
  const { usual, offered } = offerOf(stages);
  // `next` at the end, too: there are clients that know no other way forward (slixmpp).
  if (action === 'execute' || action === 'next') return usual;
  if (!offered.includes(action)) throw new ActionError('bad-action');
  return action;
}

/** The actions of the present stage; undefined when there is but one stage, which needs none (section 3.4). */
export function actionsElement(stages: readonly { stage: Stage }[]): Element | undefined {
  const { usual, offered } = offerOf(stages);
  if (offered.length === 1 && usual === 'complete') return undefined;
  return xml(
    'actions',
    { execute: usual },
    offered.map((action) => xml(action)),
  );
}

function offerOf(stages: readonly { stage: Stage }[]): { usual: Action; offered: readonly Action[] } {
  const usual = stages.at(-1)?.stage.last ? 'complete' : 'next';
  return { usual, offered: stages.length > 1 ? ['prev', usual] : [usual] };
}

function isAction(text: string): text is Action {
  return ACTIONS.includes(text);
}
