import { expect } from 'chai';
import type { Stack } from '../../local/stack/stack.ts';
import type { Api, Person } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { connectFriend, type FriendClient } from '../support/xmpp/friend-client.ts';
import { picture } from './picture.ts';

/** Alice, whose page it is, and the people in her book. */
export type Scene = {
  alice: Person;
  friends: Record<FriendName, Person>;
  /** Of those who are online. */
  clients: Partial<Record<FriendName, FriendClient>>;
  /** Lets the friends play from the beginning. */
  playAgain(): Promise<void>;
  end(): Promise<void>;
};

const NAMES = {
  bob: 'Bob Chen 🎸',
  carol: '刘晓',
  mum: 'Mum ❤️',
  dora: 'Dora Lindqvist',
  emre: 'Emre Yılmaz',
  fang: '方晴',
} as const;
type FriendName = keyof typeof NAMES;

const PHOTOS: Partial<Record<FriendName, Buffer>> = {
  bob: picture([36, 48, 120], [240, 140, 90]),
  mum: picture([70, 150, 190], [230, 220, 180]),
  fang: picture([90, 60, 140], [240, 150, 180]),
};

/** What friends play, oldest first; the texts are about real pieces. */
const TUNES: Partial<Record<FriendName, Record<string, unknown>>> = {
  mum: {
    kind: 'video',
    title: 'Swan Lake, Act II',
    artist: 'Pyotr Ilyich Tchaikovsky',
    source: 'Mariinsky Theatre',
    length: 2_340,
    uri: 'https://video.example/swan-lake',
  },
  carol: { title: '二泉映月', artist: '华彦钧', source: '二胡名曲' },
  bob: {
    title: 'Clair de lune',
    artist: 'Claude Debussy',
    source: 'Suite bergamasque',
    length: 302,
    uri: 'https://music.example/clair-de-lune',
  },
};
/** What some friends' clients say about them (RFC 6121, section 4.7). */
const PRESENCES: Partial<Record<FriendName, Record<string, string>>> = {
  bob: { status: 'Practising for Thursday' },
  carol: { status: '周末去听音乐会' },
  dora: { show: 'away', status: 'On the night train to Vienna' },
  emre: { show: 'dnd' },
};
/** What some of them have played before, each piece by three at least. */
const POPULAR: readonly [Record<string, unknown>, FriendName[]][] = [
  [{ title: 'Gymnopédie No. 1', artist: 'Erik Satie', length: 190 }, ['bob', 'dora', 'fang']],
  [{ title: '茉莉花', artist: '江苏民歌', length: 171 }, ['bob', 'carol', 'mum', 'fang']],
];

/** Makes them friends: the stack's policy must be `either`, and no tune may wait. Some are online, three play something, and two pieces are popular. */
export async function setScene(stack: Stack, api: Api): Promise<Scene> {
  const alice = await api.join('+8613800138000', 'Alice Zhang');
  const names = Object.keys(NAMES) as FriendName[];
  const joined = await Promise.all(names.map((_, i) => api.join(`+861390013900${i}`)));
  const friends = Object.fromEntries(names.map((name, i) => [name, joined[i]])) as Record<FriendName, Person>;
  await api.putVcards(alice, names.map((name) => card(NAMES[name], friends[name], PHOTOS[name])).join(''));
  await api.settled(alice);
  const clients: Partial<Record<FriendName, FriendClient>> = {};
  for (const [name, presence] of Object.entries(PRESENCES) as [FriendName, Record<string, string>][]) {
    clients[name] = await connectFriend(stack, friends[name]);
    await clients[name].appear(presence);
  }
  async function playAgain(): Promise<void> {
    for (const [name, tune] of Object.entries(TUNES)) {
      await api.stop(friends[name as FriendName]);
      await api.play(friends[name as FriendName], tune);
    }
  }
  for (const [piece, listeners] of POPULAR) {
    await Promise.all(listeners.map((name) => api.play(friends[name], piece)));
    await eventually(async () =>
      expect((await api.call('GET', api.path(alice, 'popular'))).text).to.contain(piece.title),
    );
  }
  await Promise.all(Object.values(friends).map((person) => api.stop(person)));
  await playAgain();
  const end = async () => void (await Promise.all(Object.values(clients).map((client) => client.leave())));
  return { alice, friends, clients, playAgain, end };
}

function card(name: string, { phoneNumber }: Person, photo: Buffer | undefined): string {
  const lines = [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `FN:${name}`,
    `TEL;TYPE=CELL:${phoneNumber}`,
    ...(photo ? [`PHOTO;ENCODING=b;TYPE=PNG:${photo.toString('base64')}`] : []),
    'END:VCARD',
    '',
  ];
  return lines.join('\r\n');
}
