/**
 * `owners`: subscribers with books of `contacts`, of whom `known` are subscribers who do not hold them; `bare`: subscribers without books;
 * `goals`: subscribers a second; the others as in `IMPORTS`.
 */
export const ROUNDS = {
  ...{ owners: 3_000, contacts: 100, known: 10, bare: 30_000, goals: { owners: 1_000, bare: 3_000 } },
  ...{ rate: 50, quiet: 3_000, during: 500, delay: 5 },
} as const;
