import type { NodePlace } from '../domain/friendship/access-places.ts';
import type { NodeChange } from '../domain/friendship/node-access.ts';
import type { OutletName } from '../domain/playing/outlets.ts';
import type { Reach } from '../domain/playing/showing.ts';
import type { Memo, Told } from '../domain/playing/told.ts';
import type { Playing } from '../domain/playing/tune.ts';
import type { Addressee } from '../store/subscriber/subscriber-record.ts';

/**
 * A place where others see what subscribers play. It decides nothing: it is told what to show (decision 130), and may be
 * told the same again at any time; showing twice is showing once. `test/outlet/contract.ts` is what it must keep.
 */
export interface Outlet {
  readonly name: OutletName;
  readonly reach: Reach;
  /** Where the subscriber is shown; undefined when it is not shown here. */
  addressOf(subscriber: Addressee): string | undefined;
  /** Whether another process shows that one, at another home; left out where there is none. Then nothing is done here. */
  isElsewhere?(subscriber: Addressee): boolean;
  /**
   * To be called before something is shown, and before it is noted that nobody knows what is: settles when it can be sent at once. Left
   * out where nothing has to wait. `takesAway`: nothing is to be shown any more, which goes before what others are shown. Whether
   * it has waited, so that something else may hold by now.
   */
  ready?(takesAway: boolean): Promise<boolean>;
  /**
   * Shows this there in place of what was shown before, or nothing. `memo`: what the last call has returned for this
   * address, undefined when there was none or it is lost. `again`: when it has to be said again though nothing has changed,
   * in milliseconds since the epoch.
   * @throws NobodyThere
   */
  show(address: string, playing: Playing | undefined, memo: Memo): Promise<{ memo?: Memo; again?: number }>;
  /**
   * Takes away again what a call of `show` has shown that returned this memo, as somebody else speaks to the outlet by now who does
   * not know it; left out where nothing is lost with a memo.
   */
  takeBack?(address: string, memo: string): Promise<void>;
  /** What `admit` opens and closes; left out where that is one place. */
  readonly places?: readonly NodePlace[];
  /** Whether it may forget in a crash what it was told in the seconds before; left out where it does not. */
  readonly forgets?: boolean;
  /** Lets these see what is shown there, or no longer, in each of the places by itself; only with the reach `each-friend`. @throws NobodyThere */
  admit?(address: string, changes: readonly NodeChange[]): Promise<void>;
  /** When the outlet may be told at the earliest, in milliseconds since the epoch; a stop at once. Pure. */
  pace(told: Told, wanted: Playing | undefined): number;
  /** Milliseconds until it is tried again after this error; undefined leaves it to the queue, which tries soon. Pure. */
  retry(err: unknown): number | undefined;
}

/** There is nobody at that address, such as no account: nothing is shown there, to anybody. The message is for the operator's log. */
export class NobodyThere extends Error {
  override readonly name = 'NobodyThere';
}
