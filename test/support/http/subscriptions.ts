import { expect } from 'chai';
import { EVENT_TYPES } from '../../../domain/subscription/event-types.ts';
import type { Api } from '../api.ts';
import { eventually } from '../eventually.ts';
import type { Sink } from '../servers/sink.ts';

/** What a credential needs that subscribes to everything. */
export const SUBSCRIBER_SCOPES = [
  'subscriptions:read',
  'subscriptions:write',
  'subscribers:read',
  'privacy:read',
  'friends:read',
  'now-playing:read',
];

export type Subscribed = { id: string; secret: string; status: string };

/** Subscribes to every type, or what `more` says, and waits until it has begun. */
export async function subscribe(
  api: Api,
  sink: Pick<Sink, 'url' | 'expectSecrets'>,
  more: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<Subscribed> {
  const wanted = { protocol: 'HTTP', sink: sink.url, types: EVENT_TYPES, ...more };
  const { body } = await api.expectStatus(201, api.call('POST', '/v1/subscriptions', wanted, headers));
  const made = body as unknown as Subscribed;
  sink.expectSecrets(made.secret);
  await eventually(async () => expect(await statusOf(api, made.id, headers)).to.equal('ACTIVE'));
  return made;
}

export async function statusOf(api: Api, id: string, headers: Record<string, string> = {}): Promise<unknown> {
  const { body } = await api.expectStatus(200, api.call('GET', `/v1/subscriptions/${id}`, undefined, headers));
  return body.status;
}
