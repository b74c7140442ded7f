import type { Static } from 'typebox';
import { type Grant, reachOf } from '../../domain/access/grant.ts';
import { Fault } from '../../domain/fault.ts';
import { PARTITIONS } from '../../store/base/partitions.ts';
import type { Stores } from '../../store/stores.ts';
import type { ChangedPlace } from '../../store/subscriber/changed.ts';
import type { GonePlace } from '../../store/subscriber/gone.ts';
import { phoneNumbersOf, type Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { ListedSubscriber } from '../schemas/subscribers.ts';
import { listedView } from './listed.ts';

/** Whose changes these are: a credential, and its ranges. */
export type Reader = Pick<Grant, 'ranges'> & { id: string };

/**
 * How far a walk through the changes has come: first all partitions for those who are there, then all for those who are gone, so that who
 * goes meanwhile is met afterwards. `asOf`: when it has begun, in seconds since the epoch.
 */
export type ChangesStep = {
  asOf: number;
  partition: number;
  at: { are: 'there'; place: ChangedPlace } | { are: 'gone'; place: GonePlace };
};

type Listed = Static<typeof ListedSubscriber>;

/** What one that was met is to the reader: one of the list, an id that is gone, or nothing; and the walk from there on. */
type Met = { listed?: Listed | undefined; removed?: string | undefined; step: ChangesStep };

/** `removed`: ids; who is in both lists is gone. */
export type ChangesPage = { subscribers: Listed[]; removed: string[]; next: ChangesStep | undefined };

/** Changes that a call looks at, whoever of them is shown: who has few of many asks more often. */
const LOOKED_AT = 1_024;
/** Changes that are read together. */
const TOGETHER = 128;

/** Where a walk begins. */
export function firstStep(asOf: number, partition = 0): ChangesStep {
  return { asOf, partition, at: { are: 'there', place: { second: 0, span: 0, field: -1 } } };
}

/** Those who have changed, or gone, at `since` or later (seconds since the epoch), up to `limit`, from that step on. @throws Fault OUT_OF_RANGE */
export async function changesPage(
  stores: Stores,
  reader: Reader,
  since: number,
  first: ChangesStep,
  limit: number,
): Promise<ChangesPage> {
  const page: ChangesPage = { subscribers: [], removed: [], next: first };
  const isFull = () => page.subscribers.length + page.removed.length >= limit;
  for (let looked = 0; page.next && looked < LOOKED_AT && !isFull(); ) {
    const met = await meet(stores, reader, since, page.next);
    for (const { listed, removed, step } of met) {
      if (isFull()) return page;
      if (listed) page.subscribers.push(listed);
      if (removed !== undefined) page.removed.push(removed);
      page.next = step;
    }
    looked += met.length;
    if (met.length < TOGETHER) page.next = afterPartition(page.next);
  }
  return page;
}

function afterPartition({ asOf, partition, at }: ChangesStep): ChangesStep | undefined {
  const isLast = partition + 1 === PARTITIONS;
  if (isLast && at.are === 'gone') return undefined;
  if (at.are === 'there' && !isLast) return firstStep(asOf, partition + 1);
  return { asOf, partition: isLast ? 0 : partition + 1, at: { are: 'gone', place: { second: 0, which: '' } } };
}

/** The next ones; fewer than `TOGETHER` at the end of a partition only. */
async function meet(stores: Stores, reader: Reader, since: number, step: ChangesStep): Promise<Met[]> {
  const { partition, at } = step;
  if (at.are === 'there') {
    const found = await stores.changed.after(partition, at.place, since, TOGETHER);
    const records = await recordsOf(stores, found);
    return found.map(({ place }, i) => ({
      ...seenOf(reader, records[i]),
      step: { ...step, at: { are: 'there', place } },
    }));
  }
  const found = await stores.gone.after(partition, at.place, since, TOGETHER);
  const records = await recordsOf(stores, found);
  return found.map(({ place, id, owners }, i) => ({
    // Who has come back is told of by its change.
    removed: couldSee(reader, owners) && !isSeen(reader, records[i]) ? known(id) : undefined,
    step: { ...step, at: { are: 'gone', place } },
  }));
}

/** In the order of those who were found. */
async function recordsOf(
  { subscribers }: Stores,
  found: readonly { id: string | undefined }[],
): Promise<(Subscriber | undefined)[]> {
  const ids = found.flatMap(({ id }) => id ?? []);
  const records = new Map((await subscribers.records(ids)).map((one) => [one?.id, one]));
  return found.map(({ id }) => (id === undefined ? undefined : records.get(id)));
}

/** @throws Fault OUT_OF_RANGE where it was sealed with another key */
function known(id: string | undefined): string {
  if (id === undefined)
    throw new Fault(
      'OUT_OF_RANGE',
      'Who has gone since can no longer be read, as the key of secrets is another: list everybody anew, and go on from asOf.',
    );
  return id;
}

function seenOf(reader: Reader, one: Subscriber | undefined): Pick<Met, 'listed' | 'removed'> {
  if (one?.state !== 'leaving') return { listed: listedView(reader, one) };
  return { removed: isWhole(reader, one) ? one.id : undefined };
}

/** Whether its id stands in the reader's list. */
function isSeen(reader: Reader, one: Subscriber | undefined): boolean {
  return one !== undefined && one.state !== 'leaving' && isWhole(reader, one);
}

function isWhole(reader: Reader, one: Subscriber): boolean {
  return reachOf(reader, phoneNumbersOf(one)) === 'whole';
}

/** Who has no ranges sees everybody, and is not among those who are named. */
function couldSee({ id, ranges }: Reader, owners: readonly string[]): boolean {
  return ranges.length === 0 || owners.includes(id);
}
