/** The sizes of everything that is measured on a whole stack. */
export const PLAN = {
  /** Rounds of each side at most, in turn; the figures are medians. */
  rounds: 5,
  /** A round counts as disturbed when other programs used more than this share of the machine. */
  quiet: 0.1,
  /** Subscribers who publish; each has one friend online. */
  publishers: 200,
  /** Clients that are online and share the publishers among them. */
  friends: 4,
  /** Publishes on their way at the same time. */
  lanes: 100,
  /** Milliseconds; a component that has just started is slow at first. */
  warmUp: 2_500,
  duration: 4_000,
  latencyDuration: 3_000,
  /** The part of the raw rate at which latency is measured. */
  latencyLoad: 0.1,
  /** Contacts of the book that is reconciled, and how many of them are subscribers who hold its owner too. */
  contacts: 300,
  matches: 60,
  /** Subscribers whose rosters Earshot's component writes side by side (component/component.ts). */
  rostersSideBySide: 8,
} as const;

/** What is to be reached. */
export const GOALS = { rate: 0.85, addedLatency: 5 } as const;

/** Milliseconds after the first round after which no further round begins: a slow machine gets fewer rounds. */
export const LAST_ROUND = 115_000;
/** Milliseconds after which the run gives up. */
export const LONGEST_RUN = 600_000;
