import { call, expectJson, type Server } from './server.ts';
import { UsageError } from './usage-error.ts';

/** One of whom the credential reaches some numbers only has no id. */
type Subscriber = { subscriberId?: string; phoneNumber: string; otherPhoneNumbers: string[] };

/** `earshot subscriber show`: by number (with its plus sign) or by id. */
export async function showSubscriber(
  server: Server,
  numberOrId: string,
  json: boolean,
  print: (line: string) => void,
): Promise<number> {
  const subscriber = await find(server, numberOrId);
  const all = subscriber.subscriberId === undefined ? subscriber : await withState(server, subscriber);
  if (json) print(JSON.stringify(all));
  else for (const [field, value] of Object.entries(flat(all))) print(`${field.padEnd(22)} ${value}`);
  return 0;
}

async function withState(server: Server, subscriber: Subscriber): Promise<object> {
  const path = `/v1/subscribers/${subscriber.subscriberId}`;
  const book = expectJson<object>(await call(server, 'GET', `${path}/address-book`), 200);
  const { friends } = expectJson<{ friends: object[] }>(await call(server, 'GET', `${path}/friends`), 200);
  const playing = await call(server, 'GET', `${path}/now-playing`);
  const nowPlaying = playing.status === 200 ? (JSON.parse(playing.text) as { title: string }) : null;
  return { ...subscriber, addressBook: book, friends: friends.length, nowPlaying };
}

async function find(server: Server, numberOrId: string): Promise<Subscriber> {
  if (/^[\d\s()-]+$/.test(numberOrId))
    throw new UsageError('A number begins with + and the country code, such as +8613800138000.');
  if (!numberOrId.startsWith('+'))
    return expectJson(await call(server, 'GET', `/v1/subscribers/${encodeURIComponent(numberOrId)}`), 200);
  const body = { type: 'application/json', text: JSON.stringify({ phoneNumber: numberOrId }) };
  return expectJson(await call(server, 'POST', '/v1/subscribers/retrieve', body), 200);
}

/** `{a: {b: 1}}` as `{'a.b': 1}`. */
function flat(value: object, prefix = ''): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, one]) =>
      Array.isArray(one)
        ? [[prefix + key, one.join(', ') || '-']]
        : one !== null && typeof one === 'object'
          ? Object.entries(flat(one, `${prefix}${key}.`))
          : [[prefix + key, one ?? '-']],
    ),
  );
}
