import { setTimeout as sleep } from 'node:timers/promises';
import type { Stores } from '../store/stores.ts';

/** Milliseconds between two looks. */
const POLL = 5;
/** Milliseconds in which what is left has to become less. */
const PATIENCE = 60_000;

/**
 * Waits until every book has been reconciled and every roster brought to the wanted state: nobody is marked any more. In this
 * order, as a reconciliation marks rosters before it takes its own mark away.
 */
export async function settled({ due }: Stores): Promise<void> {
  let least = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let since = performance.now();
  for (;;) {
    const books = await due.waiting('reconcile');
    // Asked only then: each question takes from the machine what is measured.
    const rosters = books === 0 ? await due.waiting('roster') : Number.POSITIVE_INFINITY;
    if (rosters === 0) return;
    if (books < (least[0] ?? 0) || rosters < (least[1] ?? 0)) {
      least = [books, rosters];
      since = performance.now();
    } else if (performance.now() - since > PATIENCE)
      throw new Error(`Something was lost: ${books} books or ${rosters} rosters wait, and become no fewer.`);
    await sleep(POLL);
  }
}
