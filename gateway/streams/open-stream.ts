import type { EventKind } from '../../domain/subscription/event-types.ts';
import type { Fence } from '../../store/base/fence.ts';
import type { LineWriter } from '../live/line-writer.ts';

/** One open event stream of a credential. Times: milliseconds since the epoch. */
export type OpenStream = {
  /** Of its subscription. */
  readonly id: string;
  readonly owner: string;
  readonly kinds: readonly EventKind[];
  readonly fence: Fence;
  readonly writer: LineWriter;
  /** Whether whoever opened it might do so now. */
  isAllowed(): Promise<boolean>;
  /** To be told that it is over. */
  left(): void;
  /** Subscribers of whom it is to be told anew, before all else. */
  again: readonly string[];
  /** Of what was sent last. */
  position: number;
  /** Aborts when it is over. */
  readonly over: AbortController;
  /** Settled when what is on its way has been written: one event after the other. */
  writing: Promise<unknown>;
  /** Settled when the client has taken what it was sent; undefined while nobody waits for that. */
  taking: Promise<void> | undefined;
  isBusy: boolean;
  /** Something has happened since its turn began. */
  isAsked: boolean;
  /** Since when the client has taken nothing. */
  stalledAt: number | undefined;
  /** Since when each of its turns has failed. */
  failingSince: number | undefined;
  seenAt: number;
};

/** Settled when the client has taken what it was sent, or is gone. */
export async function taken(stream: OpenStream): Promise<void> {
  stream.taking ??= stream.writer.taken().finally(() => {
    stream.taking = undefined;
  });
  await stream.taking;
}
