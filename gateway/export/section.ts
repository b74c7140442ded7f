import type { Grant } from '../../domain/access/grant.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Context } from '../context.ts';

/** One part of what is held about a subscriber. A list that may be long comes item by item. */
export type Section = {
  /** Its field in the document. */
  name: string;
  /**
   * The kinds of Redis keys that the section shows: what follows the subscriber's id in their
   * names, without a bucket, a source or an account.
   */
  covers: readonly string[];
  /** `grant`: of whoever asks. */
  read(
    context: Context,
    subscriber: Subscriber,
    grant: Pick<Grant, 'ranges'>,
  ): Promise<unknown> | AsyncIterable<unknown>;
};

/** From milliseconds since the epoch to RFC 3339. */
export function toTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
