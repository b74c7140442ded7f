import { randomUUID } from 'node:crypto';
import { Fault, type FaultCode } from '../../domain/fault.ts';
import { bareOf, domainOf, parseBareJid } from '../../domain/jid.ts';
import { recordCall, STATUS_OF } from '../../service/audit.ts';
import { countOne } from '../../service/limited.ts';
import { subscriberOfJid } from '../../service/linking.ts';
import { checkAnswers } from './answers.ts';
import { type Command, type CommandContext, type Outcome, Refusal, type Stage, type Visit } from './command.ts';
import { type Language, TEXTS } from './texts.ts';

/** Steps of commands that one account may take, by form and by text together. */
const STEPS = [{ most: 60, window: 60_000 }];
/** In the audit trail, as HTTP says it. */
const DONE = 200;

/** Who is there, if it is a user of the home host: `from` as the server has stamped it. */
export async function visitOf(context: CommandContext, from: string, language: Language): Promise<Visit | undefined> {
  const jid = userOf(context, from);
  if (jid === undefined) return undefined;
  return { context, jid, subscriber: await subscriberOfJid(context, jid), texts: TEXTS[language] };
}

/** The bare JID of a user of the home host; undefined for anybody else, and for the host itself. */
export function userOf({ config }: CommandContext, from: string): string | undefined {
  const jid = parseBareJid(bareOf(from));
  return jid !== undefined && domainOf(jid) === config.homeHost ? jid : undefined;
}

/** @throws Fault TOO_MANY_REQUESTS */
export async function countStep({ context, jid }: Visit): Promise<void> {
  await countOne(context, 'commands of an account', jid, STEPS);
}

/** The first step. @throws Fault, Refusal */
export function begin(visit: Visit, command: Command): Promise<Outcome> {
  return audited(visit, command, command.audited === 'begin', () => command.begin(visit));
}

/** Any other step. @throws Fault; Refusal when the same has to be asked again */
export function answer(
  visit: Visit,
  command: Command,
  stage: Stage,
  given: ReadonlyMap<string, readonly string[]>,
): Promise<Outcome> {
  return audited(visit, command, command.audited === 'answers', () =>
    stage.next(visit, checkAnswers(stage.fields, given, visit.texts)),
  );
}

/** Why a step came to nothing, for people to read; undefined for what nobody expected. */
export function reasonOf(err: unknown, { texts }: Visit): string | undefined {
  if (err instanceof Refusal) return err.message;
  if (!(err instanceof Fault)) return undefined;
  switch (err.code) {
    case 'TOO_MANY_REQUESTS':
      return texts.later(err.retryAfter ?? 60);
    case 'CONFLICT':
    case 'ALREADY_EXISTS':
    case 'FAILED_PRECONDITION':
      return texts.busy;
    case 'PERMISSION_DENIED':
    case 'NOT_FOUND':
      return texts.notLinked;
    case 'UNAVAILABLE':
      return texts.trouble;
    default:
      return texts.notAccepted(err.message);
  }
}

/** Runs a step; one that may change something leaves an entry before anybody hears of it, and without one it is no success (decision 41). */
async function audited(
  visit: Visit,
  command: Command,
  written: boolean,
  step: () => Promise<Outcome>,
): Promise<Outcome> {
  const { metrics } = visit.context;
  let outcome: Outcome;
  try {
    outcome = await step();
  } catch (err) {
    const code = codeOf(err);
    metrics.commands.inc({ command: command.name, outcome: code });
    if (written && code !== 'TOO_MANY_REQUESTS') await write(visit, command, code);
    throw err;
  }
  metrics.commands.inc({ command: command.name, outcome: 'done' });
  if (written && !(await write(visit, command, undefined)))
    throw new Fault('UNAVAILABLE', 'The command could not be written to the audit trail; send it again.');
  return outcome;
}

/** False when the entry is lost. */
async function write({ context, subscriber }: Visit, { name }: Command, code: FaultCode | undefined): Promise<boolean> {
  const caller = subscriber && { kind: 'subscriber' as const, id: subscriber.id };
  const correlator = randomUUID();
  const status = code === undefined ? DONE : STATUS_OF[code];
  const call = { caller, operation: `COMMAND ${name}`, subject: subscriber?.id, correlator, status, code };
  try {
    await recordCall(context, call);
    return true;
  } catch (err) {
    context.metrics.auditFailures.inc();
    context.log.error({ err, correlator, operation: call.operation, status }, 'audit entry lost');
    return false;
  }
}

function codeOf(err: unknown): FaultCode {
  if (err instanceof Fault) return err.code;
  if (!(err instanceof Refusal)) return 'INTERNAL';
  return err.cause instanceof Fault ? err.cause.code : 'INVALID_ARGUMENT';
}
