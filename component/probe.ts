import type { Stream } from './stream.ts';
import { xml } from './xml.ts';

/** Makes two new friends see each other's presence and last tune at once. */
export type Introduce = (a: string, b: string) => Promise<void>;

/**
 * Sends a probe in each direction (RFC 6121, section 4.3). A server that does not let the component speak for its users
 * closes the stream with `invalid-from`; after the first time it is not tried again, and new friends see each other at
 * their next presence change.
 */
export function createIntroduce(stream: Stream): Introduce {
  let allowed = true;
  stream.onStreamError((condition) => {
    if (condition === 'invalid-from') allowed = false;
  });
  return async (a, b) => {
    if (!allowed) return;
    await stream.send(xml('presence', { type: 'probe', from: a, to: b }));
    await stream.send(xml('presence', { type: 'probe', from: b, to: a }));
  };
}
