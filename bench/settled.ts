import { setTimeout as sleep } from 'node:timers/promises';
import type { Stores } from '../store/stores.ts';
import { within } from './within.ts';

/** Milliseconds between two looks. */
const POLL = 5;
const PATIENCE = 60_000;

/**
 * Waits until every book has been reconciled and every roster brought to the wanted state: nobody is marked any more. In this
 * order, as a reconciliation marks rosters before it takes its own mark away.
 */
export function settled({ due }: Stores): Promise<void> {
  let givenUp = false;
  async function watch(): Promise<void> {
    while (!givenUp && ((await due.waiting('reconcile')) > 0 || (await due.waiting('roster')) > 0)) await sleep(POLL);
  }
  return within(PATIENCE, watch()).finally(() => {
    givenUp = true;
  });
}
