/** The sizes of everything that is measured on a whole stack. */
export const PLAN = {
  /** Rounds at most, each with every side and every size of rosters in turn; the figures are medians. */
  rounds: 3,
  /** A round counts as disturbed when other programs used more than this share of the machine. */
  quiet: 0.1,
  /** Subscribers who publish; each has one friend online. */
  publishers: 200,
  /** Clients that are online and share the publishers among them. */
  friends: 4,
  /** Publishes on their way at the same time. */
  lanes: 100,
  /** Contacts in the roster of each publisher and each friend at least. With the first number, Earshot is measured with `everysec` too. */
  rosters: [1, 60, 300],
  /** Milliseconds at the full rate before a rate is measured, and before that for a component that has just started: its code is compiled as it is used. */
  warmUp: 2_000,
  started: 4_000,
  duration: 3_000,
  latencyDuration: 2_500,
  /** The parts of the raw rate at which latency is measured. */
  load: { quiet: 0.1, half: 0.5 },
  /** Contacts of the book that is reconciled, and how many of them are subscribers who hold its owner too. */
  contacts: 300,
  matches: 60,
  /** Books that a component that has just started gets before the one that is measured, and milliseconds after each: accounts are told then of what was made. */
  books: { before: 12, pause: 3_000 },
  /** Subscribers whose rosters are written side by side by Prosody alone. */
  rostersSideBySide: 8,
} as const;

/** What is to be reached: times the rate of the bare server at least, and times its latency that may be added. */
export const GOALS = { rate: 0.95, median: 1, p99: 4 } as const;
/** Times that of the bare server at most, for the roster items of a book. */
export const ROSTERS_GOAL = 1.5;

/** Milliseconds after the first round after which no further round begins: a slow machine gets fewer rounds. */
export const LAST_ROUND = 180_000;
/** Milliseconds after which the run gives up. */
export const LONGEST_RUN = 1_800_000;
