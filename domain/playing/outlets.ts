import type { Reach } from './showing.ts';

/** The processes that run jobs of outlets, and other jobs. */
export type OutletProcess = 'component' | 'worker' | 'sip';

type OutletTraits = {
  name: string;
  /** Whose jobs look at a subscriber there, and whose due list says at whom. */
  queue: string;
  /** What runs the jobs, so many of them side by side (see the table of queues). */
  process: OutletProcess;
  concurrency: number;
  /** The field of a subscriber's record that says where it is shown. */
  address: 'jid' | 'phoneNumber';
  reach: Reach;
  /** From the start on, or from when somebody begins to use it (see `store/base/outlets-used`): before that it costs nothing. */
  used: 'always' | 'once-begun';
};

/**
 * Where it is shown what subscribers play: a row for each outlet, from which all that is kept for it derives. A friend
 * who parts waits for each that tells friends apart. None can be without its jobs: a row for which its process has none
 * does not compile (`QueueOf`).
 */
export const OUTLETS = [
  {
    name: 'xmpp',
    queue: 'tune',
    process: 'component',
    concurrency: 50,
    address: 'jid',
    reach: 'each-friend',
    used: 'always',
  },
  {
    name: 'sip',
    queue: 'sip',
    process: 'sip',
    concurrency: 64,
    address: 'phoneNumber',
    reach: 'everybody',
    used: 'once-begun',
  },
] as const satisfies readonly OutletTraits[];

/** A row of that table. */
export type OutletRow = (typeof OUTLETS)[number];
export type OutletName = OutletRow['name'];

/** Those that tell friends apart: each has to be told who may look, and has to let go of whoever parts. */
export const ADMITTING: readonly OutletName[] = OUTLETS.filter(({ reach }) => reach === 'each-friend').map(
  ({ name }) => name,
);

/** The row of that outlet. */
export function outletRow(name: OutletName): OutletRow {
  return OUTLETS.find((row) => row.name === name) as OutletRow;
}
