import type { Client } from './generated/client/index.js';
import type { FriendEvent } from './generated/types.gen.js';
import { followed } from './streams.js';

export type Follow = { client: Client; subscriberId?: string; signal?: AbortSignal };

/**
 * What a subscriber's friends do: first `friends` with everything, then what changes. Opened again whenever it ends, with `friends` anew.
 * Ends with `signal`. @throws StreamRefused where the gateway says no
 */
export async function* friendEvents({ client, subscriberId = 'me', signal }: Follow): AsyncGenerator<FriendEvent> {
  const url = '/v1/subscribers/{subscriberId}/friends/events';
  for await (const { event, data } of followed({ client, url, path: { subscriberId }, signal }))
    if (event !== undefined && data !== undefined) yield { event, data: JSON.parse(data) } as FriendEvent;
}
