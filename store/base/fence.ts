import { randomUUID } from 'node:crypto';
import { defineLua } from './script.ts';

/**
 * A fencing token: new each time somebody begins work of several steps, and written where the work
 * begins. Each later step compares it before it writes. So whoever was overtaken, after however long
 * a pause, writes nothing any more.
 */
export type Fence = string;

/** A fence that nobody else has. */
export function newFence(): Fence {
  return randomUUID();
}

/**
 * Lua: `isStill(key, field, seen)`: whether the field of the hash is what the caller has seen or
 * written there; an empty `seen` stands for no such field. For the script's own check before it
 * writes: of a fence, and of a version or a value that was read before (an optimistic lock).
 */
export const IS_STILL = defineLua({
  lua: `
local function isStill(key, field, seen) return (redis.call('HGET', key, field) or '') == seen end`,
});
