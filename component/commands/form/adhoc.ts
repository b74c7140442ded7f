// XEP-0050: Ad-Hoc Commands, version 1.3.0 (https://xmpp.org/extensions/xep-0050.html)
import { randomUUID } from 'node:crypto';
import type { IqContext } from '@xmpp/component';
import { Fault } from '../../../domain/fault.ts';
import type { Capability } from '../../disco/disco.ts';
import { DATA_FORM, readSubmitted, type Submitted } from '../../stream/data-form.ts';
import { errorAnswer, faultAnswer } from '../../stream/error-answer.ts';
import type { Stream } from '../../stream/stream.ts';
import type { Element } from '../../stream/xml.ts';
import { checkAnswers } from '../answers.ts';
import { type Command, type CommandContext, isStage, type Visit } from '../command.ts';
import { answer, begin, countStep, reasonOf, visitOf } from '../run.ts';
import { commandsOf } from '../table.ts';
import { languageOf } from '../texts/texts.ts';
import { commandCapability } from './adhoc-disco.ts';
import { commandElement, completed, executing, nodeOf } from './adhoc-elements.ts';
import { ActionError, actionOf, COMMANDS } from './command-actions.ts';
import { createSessions, type Session } from './command-sessions.ts';

const EMPTY: Submitted = new Map();

/** Offers the table of commands to clients that have forms. */
export function offerCommands(stream: Stream, context: CommandContext): Capability {
  const sessions = createSessions(context.now);
  const byNode = new Map(commandsOf(context).map((command) => [nodeOf(command.name), command]));

  async function execute({ stanza, element: request }: IqContext): Promise<Element> {
    const { from = '' } = stanza.attrs;
    const { node = '', sessionid, 'xml:lang': lang = stanza.attrs['xml:lang'] } = request.attrs;
    const visit = await visitOf(context, from, languageOf(lang));
    if (!visit) return errorAnswer('auth', 'forbidden');
    const command = byNode.get(node);
    if (!command) return errorAnswer('cancel', 'item-not-found');
    const action = actionOf(request);
    await countStep(visit);
    if (sessionid) return goOn(visit, from, command, request);
    if (action !== 'execute') throw new ActionError('bad-action');
    return start(visit, from, command);
  }

  async function start(visit: Visit, from: string, command: Command): Promise<Element> {
    const outcome = await begin(visit, command);
    if (!isStage(outcome)) return completed(visit, command, randomUUID(), outcome);
    const session = sessions.open(from, visit, command, outcome);
    if (!session) return errorAnswer('wait', 'resource-constraint');
    return executing(visit, session, outcome.notes);
  }

  async function goOn(visit: Visit, from: string, command: Command, request: Element): Promise<Element> {
    const session = sessions.find(request.attrs.sessionid ?? '', from);
    if (session === 'expired') throw new ActionError('session-expired');
    if (!session || session.command !== command || session.subscriberId !== visit.subscriber?.id)
      throw new ActionError('bad-sessionid');
    const turn = session.turn.then(async () => {
      // Whoever was before may have come to the end.
      if (sessions.find(session.id, from) !== session) throw new ActionError('bad-sessionid');
      return take({ ...visit, texts: session.texts }, session, request);
    });
    session.turn = turn.catch(() => {});
    return turn;
  }

  async function take(visit: Visit, session: Session, request: Element): Promise<Element> {
    const form = request.getChild('x', DATA_FORM);
    const submitted = form ? readSubmitted(form) : EMPTY;
    const action = submitted === 'cancel' ? 'cancel' : actionOf(request, session.stages);
    if (action === 'cancel' || submitted === 'cancel') {
      sessions.close(session);
      return commandElement(visit, session.command, 'canceled', session.id);
    }
    if (action === 'prev') session.stages.pop();
    else {
      if (!form || !submitted) throw new ActionError('bad-payload');
      return submit(visit, session, submitted);
    }
    sessions.touch(session);
    return executing(visit, session);
  }

  async function submit(visit: Visit, session: Session, submitted: Submitted): Promise<Element> {
    const present = session.stages.at(-1) as Session['stages'][number];
    try {
      const outcome = await answer(visit, session.command, present.stage, submitted);
      if (!isStage(outcome)) {
        sessions.close(session);
        return completed(visit, session.command, session.id, outcome);
      }
      // The same anew, or what comes next; then one can come back to what was answered.
      if (present.stage.last) session.stages = [{ stage: outcome, submitted: EMPTY }];
      else {
        // Of what was sent only what was asked for is kept.
        present.submitted = checkAnswers(present.stage.fields, submitted, visit.texts);
        session.stages.push({ stage: outcome, submitted: EMPTY });
      }
      sessions.touch(session);
      return executing(visit, session, outcome.notes);
    } catch (err) {
      return again(visit, session, submitted, err);
    }
  }

  /** What can be mended is asked again, as it was answered. */
  function again(visit: Visit, session: Session, submitted: Submitted, err: unknown): Element {
    const reason = reasonOf(err, visit);
    const over = err instanceof Fault && (err.code === 'PERMISSION_DENIED' || err.code === 'NOT_FOUND');
    if (over) sessions.close(session);
    if (reason === undefined || over) throw err;
    sessions.touch(session);
    return executing(visit, session, [{ type: 'error', text: reason }], submitted);
  }

  stream.answerSet(COMMANDS, 'command', async (iq) => {
    try {
      return await execute(iq);
    } catch (err) {
      if (err instanceof ActionError) return err.answer();
      if (err instanceof Fault) return faultAnswer(err);
      context.log.error({ err }, 'a command is not answered');
      return errorAnswer('wait', 'internal-server-error');
    }
  });
  return commandCapability(context);
}
