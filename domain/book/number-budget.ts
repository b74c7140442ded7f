/** How many distinct numbers a subscriber may have looked up: `first` at once, and `daily` more a day; no limit when `first` is 0. */
export type NumberBudget = { first: number; daily: number };

/** No limit. */
export const NO_BUDGET: NumberBudget = { first: 0, daily: 1 };

/** Milliseconds in which the daily amount comes back. */
export const BUDGET_DAY = 86_400_000;

/** Whole seconds until `numbers` can be paid for when `left` (which may be a fraction) are: one at least, and a day at most. */
export function budgetRetryAfter(numbers: number, left: number, { daily }: NumberBudget): number {
  const seconds = Math.ceil(((numbers - left) * BUDGET_DAY) / daily / 1000);
  return Math.min(Math.max(seconds, 1), BUDGET_DAY / 1000);
}
