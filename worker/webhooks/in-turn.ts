import { wake } from '../../store/due/makes-due.ts';
import type { SinkContext } from './context.ts';
import { ASKS_AGAIN } from './walks.ts';

/** Has a subscription look at everybody while few others do: at once, or in a run of its own that it is woken for. Returns when to look again. */
export async function inTurn(
  { walks, queues, now }: SinkContext,
  id: string,
  look: () => Promise<number>,
): Promise<number> {
  if (!walks.begin(id)) return now() + ASKS_AGAIN;
  try {
    return await look();
  } finally {
    const next = walks.end(id);
    if (next !== undefined) await wake(queues, 'sinkAsked', [next]);
  }
}
