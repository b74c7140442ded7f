import { createWalks, type Walks } from '../../service/telling/walks.ts';
import { wake } from '../../store/due/makes-due.ts';
import type { SinkContext } from './context.ts';

/** Who looks at everybody, of the subscriptions of one worker, by their ids. */
export function createSinkWalks(): Walks<string> {
  return createWalks();
}

/** Has a subscription look at everybody while few others do: at once, or it `waits`, and is woken for a run of its own. */
export async function inTurn<T>(
  { walks, queues }: SinkContext,
  id: string,
  look: () => Promise<T>,
): Promise<T | 'waits'> {
  if (!walks.begin(id)) return 'waits';
  try {
    return await look();
  } finally {
    const next = walks.end(id);
    if (next !== undefined) await wake(queues, 'sinkAsked', [next]);
  }
}
