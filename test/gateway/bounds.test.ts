import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { MOST_WAITING as MOST_MESSAGES } from '../../component/commands/chat/chat.ts';
import { MOST_CLIENTS } from '../../component/presence/presence.ts';
import { LARGEST_BOOK, MOST_NUMBERS } from '../../domain/book/address-book.ts';
import { MOST_BLOCKED, MOST_GROUPS, MOST_NEWLY_BLOCKED } from '../../domain/friendship/privacy.ts';
import { MOST_PHOTO_BYTES } from '../../domain/photo.ts';
import { LONGEST_HISTORY } from '../../domain/playing/popular.ts';
import { MAX_PROPERTIES } from '../../domain/vcard/limits.ts';
import { MOST_KEYS } from '../../gateway/access/idempotent.ts';
import { FEW_BLOCKED, MANY_BLOCKED } from '../../gateway/access/many-blocked.ts';
import { BODY_ROOM } from '../../gateway/body/body-room.ts';
import { PACE } from '../../gateway/body/body-stream.ts';
import { UNREAD_TIMEOUT } from '../../gateway/connection/connections.ts';
import { MOST_LONG_CALLS } from '../../gateway/connection/long-calls.ts';
import { MOST_WAITING as MOST_REQUESTS } from '../../gateway/connection/one-at-a-time.ts';
import { MOST_UNDER_WAY } from '../../gateway/connection/pressure.ts';
import { MOST_OF_ALL, MOST_STREAMS } from '../../gateway/friends/event-streams.ts';
import { MOST_EXPORTS } from '../../gateway/routes/export.ts';
import { MOST_APPLICATION_PASSWORDS } from '../../store/login/application-passwords.ts';
import { MOST_TOKENS } from '../../store/login/tokens.ts';
import { MOST_DEVICES } from '../../store/playing/now-playing.ts';
import { MOST_SOURCES } from '../../store/source/source-record.ts';
import { type Api, createApi, type Person } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { openTestGateway, type TestGateway } from '../support/gateway.ts';
import { bearer } from '../support/http/credentials.ts';
import { type EventStream, openEvents } from '../support/http/event-stream.ts';
import { traffic, useRedis } from '../support/redis.ts';

/** What the code says, by the words of docs/limits.md. */
const LIMITS: Record<string, string> = {
  'devices that play': `${MOST_DEVICES}`,
  'event streams at a gateway': `${MOST_STREAMS}`,
  'event streams at a gateway from one address': '1,000 (`EARSHOT_LIMIT_STREAMS`)',
  'event streams at a gateway, of everybody': MOST_OF_ALL.toLocaleString('en'),
  tokens: `${MOST_TOKENS}`,
  'application passwords': `${MOST_APPLICATION_PASSWORDS}`,
  'phone numbers': '10',
  'network address books': `${MOST_SOURCES}`,
  'contacts of a book': LARGEST_BOOK.toLocaleString('en'),
  'numbers of a book': MOST_NUMBERS.toLocaleString('en'),
  'lines of a vCard': MAX_PROPERTIES.toLocaleString('en'),
  'groups of a contact': '32',
  'photos of a book': `${MOST_PHOTO_BYTES / 1024 / 1024} MB, 64 kB each`,
  'numbers that are looked up': '5,000 (`EARSHOT_NUMBER_BUDGET`)',
  'blocked people': MOST_BLOCKED.toLocaleString('en'),
  'numbers a day that come to be blocked': `${MOST_NEWLY_BLOCKED.toLocaleString('en')} ([decision 269](decisions/0269-numbers-are-not-tried-out-by-blocking-them.md))`,
  [`calls in ${MANY_BLOCKED.seconds} seconds that bring or show more than ${FEW_BLOCKED} blocked people`]: `${MANY_BLOCKED.calls} ([decision 261](decisions/0261-many-blocked-people-are-few-calls.md))`,
  'groups of an audience': `${MOST_GROUPS}`,
  'Idempotency-Keys a day': `${MOST_KEYS.subscriber}`,
  'Idempotency-Keys a day of callers without a credential at one address': MOST_KEYS.address.toLocaleString('en'),
  'exports in a minute': `${MOST_EXPORTS.calls} ([decision 261](decisions/0261-many-blocked-people-are-few-calls.md))`,
  'uploads and exports that are under way at a gateway': `${MOST_LONG_CALLS}`,
  'bytes of all large bodies under way at a gateway, whoever sends them': `${BODY_ROOM / 1024 / 1024} MB`,
  'calls under way at a gateway, of everybody, event streams apart': `${MOST_UNDER_WAY.toLocaleString('en')} ([decision 301](decisions/0301-a-gateway-refuses-before-everybody-waits.md))`,
  'requests that are sent ahead on one connection': `${MOST_REQUESTS} ([one after the other](decisions/0230-requests-of-a-connection-wait-for-each-other.md))`,
  'seconds for which nothing is read of an answer': `${UNREAD_TIMEOUT / 1_000}`,
  'seconds for which nothing comes of a book or of listens': `${PACE.patience / 1_000}`,
  'pieces in the history': `${LONGEST_HISTORY}`,
  'clients that are shown as online': `${MOST_CLIENTS}`,
  'sessions of commands': '5',
  'conversations by chat': '1',
  'chat messages that wait for an answer': `${MOST_MESSAGES}`,
};

const LONG = 'x'.repeat(1_024);

describe('what one subscriber can create', () => {
  const server = useRedis();
  let gateway: TestGateway;
  let gatewayUrl: string;
  let operator: Api;
  let hog: Person;
  let [friend, stranger] = [] as unknown as [Person, Person];
  let own: Api;
  let quiet: { commands: number; bytes: number };

  before(async () => {
    gateway = await openTestGateway(server, { EARSHOT_LIMIT_SUBSCRIBER: '0', EARSHOT_LIMIT_ADDRESS: '0' });
    await gateway.app.listen({ port: 0, host: '127.0.0.1' });
    gatewayUrl = `http://127.0.0.1:${(gateway.app.server.address() as AddressInfo).port}`;
    operator = createApi({ gatewayUrl, operatorKey: bearerOf(gateway.operator) });
    [hog, friend, stranger] = [
      await join('+8613800138000'),
      await join('+8613900139000'),
      await join('+8613900139001'),
    ];
    await befriend(friend, hog);
    await befriend(stranger, friend);
    own = createApi({ gatewayUrl, operatorKey: hog.token });
    await cost(stranger);
    quiet = await cost(stranger);
  });

  after(async () => gateway?.stop());

  const bearerOf = ({ authorization }: { authorization: string }) => authorization.replace('Bearer ', '');
  const me = (rest: string) => `/v1/subscribers/me/${rest}`;

  async function join(phoneNumber: string): Promise<Person> {
    const id = await gateway.join(phoneNumber);
    const issued = await operator.expectStatus(201, operator.call('POST', `/v1/subscribers/${id}/tokens`));
    return { id, jid: `${id}@op.example`, password: '', phoneNumber, token: String(issued.body.token) };
  }

  async function befriend(a: Person, b: Person): Promise<void> {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const set = [{ id: other.id, jid: other.jid, name: 'Friend', groups: [] }];
      await gateway.stores.friends.write(one.id, { set, unset: [], dirty: [], bar: [], unbar: [] }, gateway.now());
    }
  }

  /** What it takes of Redis to list somebody's friends. */
  async function cost(person: Person): Promise<{ commands: number; bytes: number }> {
    const before = await traffic(server);
    await operator.expectStatus(200, operator.call('GET', me('friends'), undefined, bearer(person.token)));
    const after = await traffic(server);
    return { commands: after.commands - before.commands, bytes: after.bytes - before.bytes };
  }

  const statuses = async (count: number, call: (i: number) => Promise<{ status: number }>) => {
    const all: number[] = [];
    for (let i = 0; i < count; i += 1) all.push((await call(i)).status);
    return all;
  };

  it('is limited as docs/limits.md says', async () => {
    const text = await readFile(new URL('../../docs/limits.md', import.meta.url), 'utf8');
    const rows = [...text.matchAll(/^\| (.+?) \| (.+?) \| .+ \|$/gm)].map(([, what, most]) => [what, most]);
    expect(Object.fromEntries(rows.filter(([what]) => what !== 'what'))).to.deep.equal(LIMITS);
  });

  it('plays on so many devices', async () => {
    const tune = { kind: 'audio', title: LONG, artist: LONG, source: LONG, track: LONG };
    const all = await statuses(60, (i) => own.call('PUT', me('now-playing'), { ...tune, device: `d-${i}` }));
    expect(new Set(all)).to.deep.equal(new Set([202]));
    expect((await gateway.stores.nowPlaying.read(hog.id)).devices).to.have.length(MOST_DEVICES);
    expect((await cost(friend)).bytes, 'what a friend reads').to.be.below(210_000);
  });

  it('has so many tokens and application passwords', async () => {
    const path = `/v1/subscribers/${hog.id}/tokens`;
    await statuses(MOST_TOKENS - 1, () => operator.call('POST', path));
    const passwords = await statuses(MOST_APPLICATION_PASSWORDS + 1, (i) =>
      own.call('POST', me('application-passwords'), { name: `player ${i}` }),
    );
    expect(passwords.map((status) => status === 201)).to.deep.equal(
      passwords.map((_, i) => i < MOST_APPLICATION_PASSWORDS),
    );
    expect(passwords.at(-1)).to.equal(409);
    expect((await gateway.stores.tokens.list(hog.id, gateway.now())).length).to.equal(MOST_TOKENS);
    await operator.expectStatus(201, operator.call('POST', path));
    expect((await own.call('GET', me('friends'))).status, 'by the oldest token').to.equal(401);
    const fresh = await operator.expectStatus(201, operator.call('POST', path));
    hog.token = String(fresh.body.token);
    own = createApi({ gatewayUrl, operatorKey: hog.token });
    expect((await gateway.stores.tokens.list(hog.id, gateway.now())).length).to.equal(MOST_TOKENS);
  });

  it('links so many network address books', async () => {
    const link = (i: number) =>
      own.call('PUT', me(`address-book/sources/s-${i}`), { url: 'https://dav.invalid/', bearerToken: 'x' });
    const all = await statuses(MOST_SOURCES + 1, link);
    expect(all).to.deep.equal([...Array<number>(MOST_SOURCES).fill(202), 409]);
  });

  it('blocks so many people, and names so many groups', async () => {
    const blocked = Array.from({ length: MOST_BLOCKED }, (_, i) => ({ phoneNumber: `+86139${10_000_000 + i}` }));
    const groups = Array.from({ length: MOST_GROUPS }, (_, i) => `group ${i}`);
    const put = async (people: object[], names: string[]) => {
      const body = { discoverable: true, audience: { groups: names }, privateUntil: null, blocked: people };
      return (await own.call('PUT', me('privacy'), body)).status;
    };
    expect(await put(blocked, groups)).to.equal(200);
    expect(await put([...blocked, { phoneNumber: '+8613800138999' }], groups)).to.equal(400);
    expect(await put(blocked, [...groups, 'one more'])).to.equal(400);
  });

  it('keeps so many answers for a day', async () => {
    const ask = (i: number) =>
      own.call('POST', me('address-book/sources/s-1/read'), undefined, { 'idempotency-key': `key-${i}` });
    const all = await statuses(MOST_KEYS.subscriber + 1, ask);
    expect(all.slice(-2)).to.deep.equal([202, 429]);
    const kept = await server.redis.keys(gateway.stores.keys.idempotency('*'));
    expect(kept).to.have.length(MOST_KEYS.subscriber);
    expect((await ask(0)).status, 'one that is known').to.equal(202);
  });

  it('has so many exports and uploads under way', async () => {
    const uploads = Array.from({ length: MOST_LONG_CALLS + 1 }, () => startUpload(gatewayUrl, hog.token));
    expect(await Promise.race(uploads.map(({ status }) => status)), 'one of them, while the others go on').to.equal(
      429,
    );
    expect((await own.call('GET', me('export'))).status).to.equal(429);
    expect((await own.call('GET', me('friends'))).status, 'anything else').to.equal(200);
    for (const { abort } of uploads) abort();
    await eventually(async () => expect((await own.call('GET', me('export'))).status).to.equal(200));
  });

  it('opens so many event streams', async () => {
    const streams: EventStream[] = [];
    for (let i = 0; i <= MOST_STREAMS; i += 1) streams.push(await openEvents({ gatewayUrl }, hog));
    await eventually(() => expect(streams.filter((one) => one.ended()).length).to.equal(1));
    for (const one of streams) one.close();
  });

  it('costs an uninvolved subscriber nothing: the same commands and bytes as when all was quiet', async () => {
    // What was closed a moment ago may still be given up.
    await eventually(async () => {
      const now = await cost(stranger);
      expect(now.commands).to.equal(quiet.commands);
      expect(now.bytes).to.be.within(quiet.bytes - 200, quiet.bytes + 200);
    });
  });
});

/** An address book that does not end. */
function startUpload(gatewayUrl: string, token: string): { status: Promise<number | undefined>; abort(): void } {
  const abort = new AbortController();
  const body = new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode('BEGIN:VCARD\r\n')) });
  const headers = { ...bearer(token), 'content-type': 'text/vcard' };
  const init = { method: 'PUT', headers, body, duplex: 'half', signal: abort.signal };
  const answer = fetch(`${gatewayUrl}/v1/subscribers/me/address-book`, init as RequestInit);
  const status = answer.then((response) => response.status).catch(() => undefined);
  return { status, abort: () => abort.abort() };
}
