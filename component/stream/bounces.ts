// RFC 6120, section 8.3: a message that cannot be delivered comes back as an error with its id
import { randomUUID } from 'node:crypto';
import type { Element } from './xml.ts';

/** Messages that may come back. */
export type Bounces = {
  /** Gives the message an id; `back` is called when it comes back. To be called before it is sent. */
  expect(message: Element, back: () => Promise<void>): void;
  receive(message: Element): void;
};

/** Milliseconds after which a message has been delivered, or kept for who is away. */
const PATIENCE = 30_000;

/** `failed`: hears of a `back` that went wrong. */
export function createBounces(now: () => number, failed: (err: unknown) => void): Bounces {
  // In the order of sending.
  const expected = new Map<string, { at: number; back: () => Promise<void> }>();

  return {
    expect(message, back) {
      for (const [id, { at }] of expected) {
        if (now() - at < PATIENCE) break;
        expected.delete(id);
      }
      const id = randomUUID();
      message.attrs.id = id;
      expected.set(id, { at: now(), back });
    },
    receive({ attrs: { id = '', type } }) {
      const one = type === 'error' ? expected.get(id) : undefined;
      if (!one) return;
      expected.delete(id);
      one.back().catch(failed);
    },
  };
}
