import { randomUUID } from 'node:crypto';
import { Fault } from '../../domain/fault.ts';
import type { OrderCounts } from '../../store/account/orders.ts';
import type { RowCounts } from '../../store/subscriber/imports.ts';
import type { Carrier } from '../access/caller.ts';
import type { Context } from '../context.ts';

/** Milliseconds after a batch for which an import counts as one that goes on. */
const OPEN = 60_000;
const NO_ROWS: RowCounts = { received: 0, created: 0, updated: 0, unchanged: 0, refused: 0 };

/** What may become of a row. */
export type Outcome = Exclude<keyof RowCounts, 'received'>;

/** Notes how far an import has come. */
export type ImportProgress = {
  importId: string;
  /** Rows have come in. */
  receive(count: number): void;
  /** Before these are told. What is told again is not counted again, nor as received. */
  note(results: readonly { outcome: Outcome; again?: true }[]): Promise<void>;
  end(): Promise<void>;
};

/** `key`: requests of one caller under the same one are one import. */
export async function beginProgress(
  { stores, keyedHash, now }: Context,
  { kind, id }: Carrier,
  key: string | undefined,
): Promise<ImportProgress> {
  const importId = key === undefined ? randomUUID() : keyedHash('import', kind, id, key);
  const request = { importId, requestId: randomUUID() };
  let received = 0;
  await stores.imports.begin(request, ownerOf({ kind, id }), now(), now() + OPEN);

  async function write(counts: RowCounts, until: number | undefined): Promise<void> {
    await stores.imports.note(request, { ...counts, received }, until);
  }
  return {
    importId,
    receive(count) {
      received += count;
    },
    async note(results) {
      const counts = { ...NO_ROWS };
      for (const { outcome, again } of results)
        if (again) received -= 1;
        else counts[outcome] += 1;
      const written = write(counts, now() + OPEN);
      received = 0;
      await written;
    },
    end: () => write(NO_ROWS, undefined),
  };
}

/** How an import goes, for whom it is of, and the operator. */
export type ImportView = {
  importId: string;
  state: 'running' | 'done';
  rows: RowCounts & { done: number };
  accounts: OrderCounts & { ordered: number };
};

/** @throws Fault NOT_FOUND */
export async function importView(
  { stores, now }: Context,
  caller: Pick<Carrier, 'kind' | 'id'>,
  importId: string,
): Promise<ImportView> {
  const found = await stores.imports.of(importId);
  if (!found || (caller.kind !== 'operator' && found.owner !== ownerOf(caller)))
    throw new Fault('NOT_FOUND', 'There is no such import, or it ended more than 30 days ago.');
  const counts = await stores.orders.counts(importId);
  const { created, updated, unchanged, refused } = found.rows;
  return {
    importId,
    state: (found.openUntil ?? 0) > now() || counts.waiting > 0 ? 'running' : 'done',
    rows: { ...found.rows, done: created + updated + unchanged + refused },
    accounts: { ordered: counts.waiting + counts.made + counts.failed, ...counts },
  };
}

function ownerOf({ kind, id }: Pick<Carrier, 'kind' | 'id'>): string {
  return `${kind} ${id}`;
}
