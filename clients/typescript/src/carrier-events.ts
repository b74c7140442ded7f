import type { Client } from './generated/client/index.js';
import type { CarrierEventMessage, EventType } from './generated/types.gen.js';
import { followed } from './streams.js';

/** `from`: the `id` of the last message that was taken in, where that was kept. */
export type FollowAll = {
  client: Client;
  types?: readonly EventType[];
  initial?: boolean;
  from?: string;
  signal?: AbortSignal;
};

/**
 * What a subscription tells its sink, of all subscribers in range. Opened again whenever it ends, from where it was: whoever asks for the next message has
 * taken the one before in. Ends with `signal`, or when another program with the same credential takes the stream over. @throws StreamRefused where
 * the gateway says no
 */
export async function* carrierEvents(follow: FollowAll): AsyncGenerator<CarrierEventMessage> {
  const { client, types, initial, from, signal } = follow;
  const query = { ...(types && { types: types.join(',') }), ...(initial && { initial }) };
  for await (const { id, event, data } of followed({ client, url: '/v1/events', query, from, signal })) {
    if (event === 'replaced') return;
    if (id !== undefined && data !== undefined) yield { id, data: JSON.parse(data) };
  }
}
