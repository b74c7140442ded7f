import { randomUUID } from 'node:crypto';
import type { ImportedSubscriber } from '../../domain/import/import-rows.ts';
import { readRecord } from '../../store/base/record.ts';
import type { Carrier } from '../access/caller.ts';
import type { Context } from '../context.ts';

/** A subscriber whom an import has made, and the password of its account. */
export type Made = { subscriberId: string; password: string };

/**
 * Passwords that an import under an Idempotency-Key has made, so that they are told again to who sends the row again under the same key, for a day:
 * an answer that broke off has lost none.
 */
export type ImportMemory = {
  /** What was made of a row like this one under this key, if that was this subscriber; once for each request, as a row may stand twice in a file. */
  recall(row: ImportedSubscriber, subscriberId: string): Promise<Made | undefined>;
  keep(row: ImportedSubscriber, made: Made): Promise<void>;
};

/** `toldBy`: the request that has told it last. */
type Kept = Made & { toldBy: string };

/** Of one request; undefined without a key. */
export function createImportMemory(
  { stores, now }: Context,
  { kind, id }: Carrier,
  key: string | undefined,
): ImportMemory | undefined {
  if (key === undefined) return undefined;
  // With the subscriber: what is noted of one who was erased is not in the way of the next.
  const secretOf = (row: ImportedSubscriber, subscriberId: string) =>
    JSON.stringify(['import', kind, id, key, row, subscriberId]);
  const request = randomUUID();

  async function keep(row: ImportedSubscriber, made: Made): Promise<void> {
    const body = JSON.stringify({ ...made, toldBy: request } satisfies Kept);
    const answer = { request: '', status: 201, contentType: 'application/json', body };
    await stores.idempotency.remember(secretOf(row, made.subscriberId), answer, made.subscriberId, now());
  }
  return {
    async recall(row, subscriberId) {
      const kept = await stores.idempotency.recall(secretOf(row, subscriberId));
      const made = kept && readRecord<Kept>(kept.body, 'a row of an import');
      if (!made || made.toldBy === request) return undefined;
      await keep(row, made);
      return made;
    },
    keep,
  };
}
