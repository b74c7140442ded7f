import { bareOf, domainOf, parseBareJid } from '../../domain/account/jid.ts';
import { Fault, type FaultCode } from '../../domain/fault.ts';
import { recorded } from '../../service/audit/recorded.ts';
import { countOne } from '../../service/login/limited.ts';
import { subscriberOfJid } from '../../service/login/linking.ts';
import { checkAnswers } from './answers.ts';
import { type Command, type CommandContext, type Outcome, Refusal, type Stage, type Visit } from './command.ts';
import { type Language, TEXTS } from './texts/texts.ts';

/** Steps of commands that one account may take, by form and by text together. */
const STEPS = [{ most: 60, window: 60_000 }];

/** Who is there, if it is a user of the home host: `from` as the server has stamped it. */
export async function visitOf(context: CommandContext, from: string, language: Language): Promise<Visit | undefined> {
  const jid = userOf(context, from);
  if (jid === undefined) return undefined;
  const subscriber = await subscriberOfJid(context, jid);
  return { context, jid, subscriber, texts: TEXTS[language], zone: () => context.timeZones.of(from) };
}

/** The bare JID of a user of the home host; undefined for anybody else, and for the host itself. Whom the server writes otherwise than Earshot is somebody else. */
export function userOf({ config }: CommandContext, from: string): string | undefined {
  const jid = bareOf(from);
  return parseBareJid(jid) === jid && domainOf(jid) === config.homeHost ? jid : undefined;
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

/** Runs a step and counts how it ends; one that may change something leaves an entry in the audit trail. */
async function audited(
  visit: Visit,
  { name }: Command,
  written: boolean,
  step: () => Promise<Outcome>,
): Promise<Outcome> {
  const { context } = visit;
  const whom = () => visit.subscriber?.id;
  try {
    const outcome = written ? await recorded(context, `COMMAND ${name}`, whom, step, codeOf) : await step();
    context.metrics.commands.inc({ command: name, outcome: 'done' });
    return outcome;
  } catch (err) {
    context.metrics.commands.inc({ command: name, outcome: codeOf(err) });
    throw err;
  }
}

function codeOf(err: unknown): FaultCode {
  if (err instanceof Fault) return err.code;
  if (!(err instanceof Refusal)) return 'INTERNAL';
  return err.cause instanceof Fault ? err.cause.code : 'INVALID_ARGUMENT';
}
