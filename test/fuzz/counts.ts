import { expect } from 'chai';
import type { Redis } from '../../runtime/redis/redis.ts';
import type { Answer, Api, Person } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { type ApplicationPassword, makePassword, md5 } from '../support/players/players.ts';
import { withRedis } from '../support/stack.ts';
import type { Outcome, Surface } from './surface.ts';
import type { World } from './world.ts';

/** Bytes: what a creation beyond the limit may add, as tables and lists of Redis take their memory in steps. */
const SMALL_CHANGE = 16;
/** Numbers that a subscriber may look up. */
const BUDGET = 100;
/** With this few a surface soon comes to the limit. */
export const COUNT_SETTINGS = { EARSHOT_NUMBER_BUDGET: `${BUDGET}` };
/** Seconds: what goes by itself before that is bounded by how often somebody may call. */
const AN_HOUR = 3_600;
/** Trails of calls and the streams of the queues have lengths of their own; metrics are about nobody, one for each name. */
const BOUNDED_ELSEWHERE = /:\{audit\}:|:events$|:metrics$/;

/** Somebody with a password for a player. */
type Maker = { person: Person; password: ApplicationPassword };
/** `most`: after so many there is no room for more; the call may then be refused, or something older has to go. 0: none is ever accepted. */
type Kind = {
  what: string;
  most: number;
  call(api: Api, maker: Maker, text: string, i: number): Promise<Answer>;
};

const OPEN = { discoverable: true, audience: 'friends', privateUntil: null, blocked: [] };
const numberOf = (i: number) => `+86139${String(i).padStart(8, '0')}`;

const KINDS: Kind[] = [
  own('devices that play', 10, 'PUT', 'now-playing', (text) => ({ kind: 'audio', title: 'x', device: text })),
  own('pieces', 50, 'PUT', 'now-playing', (title) => ({ kind: 'audio', title })),
  own('application passwords', 20, 'POST', 'application-passwords', (name) => ({ name })),
  own('books of one contact each', BUDGET, 'PUT', 'address-book', (name, i) => ({
    contacts: [{ uid: name, name, groups: [name], phoneNumbers: [numberOf(i)] }],
  })),
  own('contacts in and out of a book', BUDGET, 'PATCH', 'address-book', (uid, i) => ({
    upsert: [{ uid, name: uid, phoneNumbers: [numberOf(i)] }],
    remove: [uid.replace(/\d+$/, `${i - 1}`)],
  })),
  own('blocked numbers, one after the other', 1, 'PUT', 'privacy', (_, i) => ({
    ...OPEN,
    blocked: [{ phoneNumber: numberOf(i) }],
  })),
  own('chosen groups, one after the other', 1, 'PUT', 'privacy', (text) => ({ ...OPEN, audience: { groups: [text] } })),
  {
    what: 'network address books',
    most: 8,
    call: (api, { person }, name) =>
      callAs(api, person, 'PUT', `address-book/sources/${name}`, {
        url: 'https://dav.invalid/book/',
        bearerToken: 'secret',
      }),
  },
  {
    what: 'tokens',
    most: 20,
    call: (api, { person }, deviceName) => api.call('POST', api.path(person, 'tokens'), { deviceName }),
  },
  {
    what: 'refused logins',
    most: 0,
    call: (api, _, authenticationId, i) =>
      api.call(
        'POST',
        '/v1/verification/validate-code',
        { authenticationId, code: '123456' },
        { 'x-forwarded-for': `198.51.${i % 200}.1` },
      ),
  },
  {
    what: 'greetings of a player',
    most: 1,
    call(api, { password: { username, password } }, version) {
      const now = `${Math.floor(Date.now() / 1000)}`;
      const a = md5(md5(password) + now);
      const query = new URLSearchParams({ hs: 'true', p: '1.2.1', c: 'tst', v: version, u: username, t: now, a });
      return api.call('GET', `/audioscrobbler?${query}`);
    },
  },
];

function own(
  what: string,
  most: number,
  method: 'PUT' | 'POST' | 'PATCH',
  rest: string,
  payload: (text: string, i: number) => object,
): Kind {
  return { what, most, call: (api, { person }, text, i) => callAs(api, person, method, rest, payload(text, i)) };
}

function callAs(api: Api, { token }: Person, method: string, rest: string, payload: object): Promise<Answer> {
  return api.call(method, `/v1/subscribers/me/${rest}`, payload, { authorization: `Bearer ${token}` });
}

/** One thing made over and over, each time another: beyond its limit nothing grows in Redis. */
export function countSurface({ stack, api }: World): Surface {
  return {
    name: 'counts',
    inputs: { nightly: 5_500, brief: 660 },
    async run(count, seed) {
      const findings: string[] = [];
      const times = Math.ceil(count / KINDS.length);
      await withRedis(stack, async (redis) => {
        for (const [n, kind] of KINDS.entries()) {
          const person = await api.join(numberOf(90_000_000 + n));
          const maker = { person, password: await makePassword(api, person, 'x') };
          findings.push(...(await growth(api, redis, kind, maker, times, seed)));
        }
      });
      return { findings };
    },
  };
}

async function growth(
  api: Api,
  redis: Redis,
  { what, most, call }: Kind,
  maker: Maker,
  times: number,
  seed: number,
): Promise<Outcome['findings']> {
  let made = 0;
  const make = async (count: number) => {
    let accepted = 0;
    for (let i = 0; i < count; i += 1, made += 1)
      if ((await call(api, maker, `s${seed}-${made}`, made)).status < 400) accepted += 1;
    return accepted;
  };
  // The first of them make what is made once.
  const first = await make(most + times);
  if (first === 0 && most > 0) return [`${what}: none was accepted, so this shows nothing`];
  await api.settled(maker.person);
  const before = await sizesOf(redis);
  const accepted = await make(times);
  try {
    // The worker takes away what it has done.
    await eventually(async () => expect(grownBeyond(before, await sizesOf(redis), times)).to.equal(''));
    return [];
  } catch {
    const grown = grownBeyond(before, await sizesOf(redis), times);
    return [`${what}: ${times} beyond ${most + times}, ${accepted} of them accepted: ${grown}`];
  }
}

/** What has grown, in words, if all of it together has by more than a small change for each of the creations. */
function grownBeyond(before: Map<string, number>, after: Map<string, number>, times: number): string {
  const grown = [...after].map(([kind, size]): [string, number] => [kind, size - (before.get(kind) ?? 0)]);
  const sum = grown.reduce((total, [, bytes]) => total + bytes, 0);
  if (sum <= times * SMALL_CHANGE) return '';
  return grown
    .filter(([, bytes]) => bytes > 0)
    .map(([kind, bytes]) => `${bytes} bytes more in ${kind}`)
    .join(', ');
}

/** Bytes of each kind of key, without what goes by itself within an hour. */
async function sizesOf(redis: Redis): Promise<Map<string, number>> {
  const single = redis as unknown as { keys(pattern: string): Promise<string[]> };
  const sizes = new Map<string, number>();
  for (const key of await single.keys('*')) {
    const ttl = await redis.ttl(key);
    if ((ttl >= 0 && ttl < AN_HOUR) || BOUNDED_ELSEWHERE.test(key)) continue;
    const kind = kindOf(key);
    sizes.set(kind, (sizes.get(kind) ?? 0) + Number((await redis.memoryUsage(key, { SAMPLES: 0 })) ?? 0));
  }
  return sizes;
}

/** A key without what tells one of its kind from another. */
function kindOf(key: string): string {
  return key
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
    .replace(/\{p\d\d\}/, '{p}')
    .replace(/:\d+$/, ':N');
}
