import { createHash } from 'node:crypto';
import { expect } from 'chai';
import type { Api, Person } from '../api.ts';

export type ApplicationPassword = {
  applicationPasswordId: string;
  name: string;
  createdAt: string;
  username: string;
  password: string;
  webhookPath: string;
};

/** A subscriber makes a password for a player, with its own token. */
export async function makePassword(api: Api, person: Person, name: string): Promise<ApplicationPassword> {
  const { body } = await api.expectStatus(
    201,
    api.call('POST', '/v1/subscribers/me/application-passwords', { name }, { authorization: `Bearer ${person.token}` }),
  );
  return body as unknown as ApplicationPassword;
}

/** What `GET …/now-playing` says, without its times; undefined when nothing plays. */
export async function nowPlaying(api: Api, person: Person): Promise<Record<string, unknown> | undefined> {
  const { status, body } = await api.call('GET', api.path(person, 'now-playing'));
  if (status === 204) return undefined;
  expect(status).to.equal(200);
  const { since, expiresAt, ...rest } = body as Record<string, unknown>;
  expect([since, expiresAt]).to.satisfy((times: string[]) => times.every((time) => Date.parse(time) > 0));
  return rest;
}

/** Seconds from the beginning of what plays now until it ends by itself. */
export async function secondsShown(api: Api, person: Person): Promise<number> {
  const { body } = await api.expectStatus(200, api.call('GET', api.path(person, 'now-playing')));
  return (Date.parse(String(body.expiresAt)) - Date.parse(String(body.since))) / 1000;
}

/** A request as a player makes it, and the answer as text. */
export async function request(
  url: string,
  init: { method?: string; headers?: Record<string, string>; body?: string | URLSearchParams } = {},
): Promise<{ status: number; headers: Headers; text: string }> {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

export function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
