import { expect } from 'chai';
import { eventually } from './eventually.ts';

export type Answer = {
  status: number;
  headers: Headers;
  text: string;
  body: Record<string, never> & { [key: string]: unknown };
};

export type Person = { id: string; jid: string; password: string; phoneNumber: string; token: string };

export type Contact = { uid?: string; name: string; phoneNumbers: string[]; groups?: string[] };

export type Api = ReturnType<typeof createApi>;

/** The HTTP API as a client sees it. */
export function createApi(server: { gatewayUrl: string; operatorKey: string }) {
  async function call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    const response = await fetch(server.gatewayUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${server.operatorKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = /[/+]json\b/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : {};
    return { status: response.status, headers: response.headers, text, body: json };
  }

  async function expectStatus(status: number, answer: Promise<Answer>): Promise<Answer> {
    const got = await answer;
    expect(got.status, got.text).to.equal(status);
    return got;
  }

  /** A subscriber with an account of its own and a token. */
  async function join(phoneNumber: string, displayName?: string): Promise<Person> {
    const created = await expectStatus(
      201,
      call('POST', '/v1/subscribers', { phoneNumber, ...(displayName ? { displayName } : {}) }),
    );
    const {
      subscriberId: id,
      jid,
      password,
    } = created.body as unknown as { subscriberId: string; jid: string; password: string };
    const issued = await expectStatus(201, call('POST', `/v1/subscribers/${id}/tokens`));
    return { id, jid, password, phoneNumber, token: (issued.body as unknown as { token: string }).token };
  }

  const path = (person: Person, rest: string) => `/v1/subscribers/${person.id}/${rest}`;

  return {
    call,
    expectStatus,
    join,
    path,
    putBook: (person: Person, contacts: Contact[]) =>
      expectStatus(202, call('PUT', path(person, 'address-book'), { contacts })),
    putVcards: (person: Person, text: string | Uint8Array) =>
      expectStatus(202, call('PUT', path(person, 'address-book'), text, { 'content-type': 'text/vcard' })),
    play: (person: Person, tune: Record<string, unknown>) =>
      expectStatus(202, call('PUT', path(person, 'now-playing'), { kind: 'audio', ...tune })),
    stop: (person: Person, device?: string) =>
      expectStatus(204, call('DELETE', path(person, `now-playing${device ? `?device=${device}` : ''}`))),

    /** The picture behind a friend's `avatar`, as a `data:` URI; null where there is none. */
    async picture(avatar: unknown): Promise<string | null> {
      if (typeof avatar !== 'string') return null;
      const response = await fetch(server.gatewayUrl + avatar, {
        headers: { authorization: `Bearer ${server.operatorKey}` },
      });
      expect(response.status, avatar).to.equal(200);
      const image = Buffer.from(await response.arrayBuffer());
      return `data:${response.headers.get('content-type')};base64,${image.toString('base64')}`;
    },

    async friends(person: Person): Promise<Record<string, unknown>[]> {
      const { body } = await expectStatus(200, call('GET', path(person, 'friends')));
      return (body as unknown as { friends: Record<string, unknown>[] }).friends;
    },

    /** Waits until everything that the books ask for has reached the rosters; a process that was killed can keep its jobs for 20 s. */
    async settled(...people: Person[]): Promise<void> {
      await eventually(async () => {
        for (const person of people) {
          const { body } = await expectStatus(200, call('GET', path(person, 'address-book')));
          expect(body.state).to.equal('current');
        }
      });
    },
  };
}
