import { wake } from '../../store/due/makes-due.ts';
import type { ServiceContext } from '../context.ts';

/** Milliseconds. */
const SPREAD = { least: 30, most: 130 };

/**
 * Asks for the reconciliation of a book that has changed, a moment later that nobody can foresee: a number that belongs to somebody makes more
 * work, which would slow down whatever else its holder asks right after the change (decision 54).
 */
export async function reconcileSoon({ queues }: ServiceContext, id: string): Promise<void> {
  await wake(queues, 'book', [id], Math.round(SPREAD.least + Math.random() * (SPREAD.most - SPREAD.least)));
}
