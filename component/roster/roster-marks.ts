import type { Marks } from '../../store/base/marks.ts';
import { wake } from '../../store/due/makes-due.ts';
import type { DirtyItem } from '../../store/friendship/friends.ts';
import type { Context } from '../context.ts';

/** The marks that belong to these items. */
export function only(marks: Marks, items: readonly DirtyItem[], key: keyof DirtyItem): Marks {
  return Object.fromEntries(items.flatMap(({ [key]: name }) => (name in marks ? [[name, marks[name] ?? '']] : [])));
}

/**
 * Ends the partings of these items. To be called before the marks of the items are cleared: a
 * parting that nobody ends would hide the tune for ever.
 */
export async function endPartings({ stores, queues, now }: Context, id: string, ended: Marks): Promise<void> {
  if (Object.keys(ended).length === 0) return;
  await stores.sharing.end(id, ended, now());
  await wake(queues, 'audience', [id]);
}
