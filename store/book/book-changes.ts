import { takeTurns } from '../../runtime/turns.ts';
import { differenceOf } from '../image/book-image.ts';
import type { Standing } from '../image/book-standing.ts';
import type { Command } from './book-commands.ts';
import { type Step, without } from './book-steps.ts';

/** The commands of a step; none when nothing differs, which leaves the version as it is. */
export async function toCommands(
  standing: Standing,
  { before, after, contacts, numbers, bytes, last, writing }: Step & { writing: string },
): Promise<Command[]> {
  const { version } = standing;
  const { set, unset } = await differenceOf(before.held, after.held);
  const [cut, added] = [await without(before.uids, after.uids), await without(after.uids, before.uids)];
  const same = set.length + unset.length + cut.length + added.length === 0;
  if (same && !(last && (version === null || contacts !== standing.contacts || standing.writing !== ''))) return [];
  // Until the last step the sizes are, with the version, those of the book before: a writer may die.
  const state = last ? { version: nextOf(standing), contacts, numbers, bytes } : { writing };
  const commands: Command[] = [
    { do: 'state', fields: Object.entries(state).flatMap(([name, value]) => [name, `${value}`]) },
    { do: 'set', fields: set.flat() },
    { do: 'unset', fields: unset },
    { do: 'records', cut, added },
  ];
  if (last && standing.writing !== '') commands.push({ do: 'end', fields: ['writing'] });
  await takeTurns();
  const present = set.map(([number]) => number);
  const came = present.filter((number) => !before.held.has(number));
  const touched = [...present, ...unset];
  if (touched.length > 0) commands.push({ do: 'follow', came, touched, gone: unset });
  return commands;
}

/** The version that a book has after a write. */
export function nextOf({ version }: Standing): number {
  return (version ?? 0) + 1;
}
