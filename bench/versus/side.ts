import type { Processes } from '../cpu.ts';
import type { Publish } from '../load/load.ts';

/** A way from the publishers to their watchers that is compared with others. */
export interface Side {
  /** What the report calls it. */
  name: string;
  /** Whether it is Earshot, with which the others are compared. */
  isOurs: boolean;
  /** Opened when it is used: a gateway ends connections on which nothing is asked. */
  open(): Promise<{ publish: Publish; close(): void }>;
  /** Whatever works for it, but for the benchmark itself. */
  processes(): Processes;
  /** Brings so many watchers in; never fewer than before. */
  watch(count: number): Promise<void>;
  /**
   * Kills everything with SIGKILL and starts it again; a watcher then comes back to all publishers. How many of these titles
   * it is told, of which the server had accepted one for each publisher.
   */
  remembers(titles: readonly string[]): Promise<number>;
  stop(): Promise<void>;
}
