import type { Fault } from '../../domain/fault.ts';
import { taken } from '../../service/subscriber/claiming.ts';
import { isActiveOrOrdered, subscribersWith, toJid } from '../../service/subscriber/subscriber-fields.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Context } from '../context.ts';
import type { Draft } from './import-draft.ts';
import { changeBy, type ImportJob, present, type RowResult, refusal } from './import-row.ts';

/** A row, and the subscriber who has its number. */
type Looked = { draft: Draft; known: Subscriber | undefined };

/**
 * What the import would say of each row, were it the only one: nothing is written, and so no row finds what another of the same file
 * would have left. What the XMPP server alone knows, such as an account of that name, is not asked.
 */
export async function foretell(
  context: Context,
  { carrier }: ImportJob,
  drafts: readonly Draft[],
): Promise<RowResult[]> {
  const owners = await subscribersWith(
    context,
    drafts.map(({ phoneNumbers }) => phoneNumbers[0]),
    isActiveOrOrdered,
  );
  const rows = drafts.map((draft, i) => ({ draft, known: owners[i] }));
  const obstacles = await obstaclesTo(context, rows);
  return rows.map(({ draft, known }, i) => {
    try {
      const result = known ? present(carrier, known, changeBy(carrier, known, draft)) : requirePossible(context, draft);
      return obstacles[i] && result.outcome !== 'unchanged' ? refusal(obstacles[i]) : result;
    } catch (err) {
      return refusal(err);
    }
  });
}

/** @throws Fault INVALID_ARGUMENT */
function requirePossible({ config }: Context, { jid }: Draft): RowResult {
  if (jid !== undefined) toJid(jid, config.homes);
  return { outcome: 'created' };
}

/** Where another subscriber has one of the further numbers, or the JID, that a row asks for: what is said of it. */
async function obstaclesTo(context: Context, rows: readonly Looked[]): Promise<(Fault | undefined)[]> {
  const others = rows.map(({ draft }) => draft.phoneNumbers.slice(1));
  const [owners, users] = await Promise.all([
    subscribersWith(context, others.flat(), isActiveOrOrdered),
    Promise.all(rows.map((row) => userOf(context, row))),
  ]);
  return rows.map(({ known }, i) => {
    const theirs = owners.splice(0, others[i]?.length).find((owner) => owner && owner.id !== known?.id);
    if (theirs) return taken('number-taken', theirs);
    const user = users[i];
    return user && taken('jid-taken', user);
  });
}

/** Who has the JID of a row about somebody new. */
async function userOf({ stores }: Context, { draft: { jid }, known }: Looked): Promise<Subscriber | undefined> {
  const id = jid === undefined || known ? undefined : await stores.subscribers.idOfJid(jid);
  const user = id === undefined ? undefined : await stores.subscribers.record(id);
  return user && user.jid === jid && isActiveOrOrdered(user) ? user : undefined;
}
