import type { Fence } from '../base/fence.ts';

/**
 * Which source's book is written, and by which read of the source. Each read, or book that a client
 * sends, begins with a new fence, and so ends the one before; so does whoever replaces or removes
 * the source.
 */
export type SourceFence = { name: string; fence: Fence };

/** The field of the hash `source@<name>` in which the fence stands. */
export const SOURCE_FENCE = 'lease';
