import type { ImportedSubscriber } from '../../domain/import/import-rows.ts';
import type { Carrier } from '../access/caller.ts';
import type { Context } from '../context.ts';

/** A subscriber whom an import has made, and the password of its account. */
export type Made = { subscriberId: string; password: string };

/**
 * Passwords that an import under an Idempotency-Key has made, so that they are told again to who sends the row again under the same key, for a day:
 * an answer that broke off has lost none.
 */
export type ImportMemory = {
  /** What was made of a row like this one under this key. */
  recall(row: ImportedSubscriber): Promise<Made | undefined>;
  keep(row: ImportedSubscriber, made: Made): Promise<void>;
};

/** Undefined without a key. */
export function createImportMemory(
  { stores, now }: Context,
  { kind, id }: Carrier,
  key: string | undefined,
): ImportMemory | undefined {
  if (key === undefined) return undefined;
  const secretOf = (row: ImportedSubscriber) => JSON.stringify(['import', kind, id, key, row]);
  return {
    async recall(row) {
      const kept = await stores.idempotency.recall(secretOf(row));
      return kept && (JSON.parse(kept.body) as Made);
    },
    async keep(row, made) {
      const answer = { request: '', status: 201, contentType: 'application/json', body: JSON.stringify(made) };
      await stores.idempotency.remember(secretOf(row), answer, made.subscriberId, now());
    },
  };
}
