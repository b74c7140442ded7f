import { subscriberId } from './subscribers.ts';

const piece = { kind: 'audio', title: 'Gymnopédie No. 1', artist: 'Erik Satie' };
const tune = {
  ...piece,
  source: 'Trois Gymnopédies',
  length: 188,
  since: '2026-01-31T12:00:00.000Z',
  expiresAt: '2026-01-31T12:03:38.000Z',
};
const friend = {
  subscriberId: '5b9d2c4e-1a3f-4c6d-8e7f-9a0b1c2d3e4f',
  name: 'Bob from work',
  phoneNumber: '+8613800138001',
  jid: 'bob@op.example',
  online: true,
  availability: 'away',
  status: 'in a meeting',
  avatar: `/v1/subscribers/${subscriberId}/friends/5b9d2c4e-1a3f-4c6d-8e7f-9a0b1c2d3e4f/avatar?v=Zq3yZJ5w0nUu`,
  nowPlaying: tune,
};
const events = [
  ['friends', { friends: [friend] }],
  ['now-playing', { subscriberId: friend.subscriberId, nowPlaying: null }],
];
const settings = {
  discoverable: true,
  audience: { groups: ['Family'] },
  privateUntil: null,
  blocked: [{ phoneNumber: '+8613800138009' }],
};
const kept = { version: 4, contacts: 1 };
const source = {
  name: 'home',
  url: 'https://dav.example/alice/contacts/',
  state: 'current',
  contacts: 212,
  lastReadAt: '2026-01-31T12:00:00.000Z',
  nextReadAt: '2026-01-31T18:00:00.000Z',
  rejected: [],
};

/** What is said of tunes, friends, books and consent, by the names of the shapes. */
export const ofPlaying = {
  NewTune: { ...piece, source: tune.source, length: tune.length },
  TuneAccepted: { expiresAt: tune.expiresAt },
  NewTunes: { tunes: [{ subscriberId, ...piece, position: 12 }] },
  TunesAccepted: {
    results: [
      { subscriberId, expiresAt: tune.expiresAt },
      { subscriberId: 'nobody', code: 'NOT_FOUND', detail: 'There is no such subscriber.' },
    ],
  },
  TunesQuestion: { subscriberIds: [subscriberId] },
  TunesPlaying: { results: [{ subscriberId, nowPlaying: { ...tune, device: 'phone', shared: true } }] },
  OwnTune: { ...tune, device: 'phone', shared: true },
  FriendList: { friends: [friend] },
  FriendEvent: events.map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join(''),
  PopularPieces: { popular: [{ ...piece, friends: 3 }] },
  PrivacySettings: settings,
  Privacy: settings,
  AddressBookContacts: { contacts: [{ uid: 'c1', name: 'Bob from work', phoneNumbers: ['138 0013 8001'] }] },
  AddressBookChanges: {
    upsert: [{ uid: 'c1', name: 'Bob from work', phoneNumbers: ['138 0013 8001'], groups: ['Work'] }],
    remove: ['c2'],
  },
  AddressBookAccepted: { ...kept, rejected: [{ index: 7, detail: 'The contact lacks phoneNumbers.' }] },
  AddressBook: { ...kept, matched: 1, waiting: 0, state: 'current' },
  SourceLink: { url: source.url, username: 'alice', password: 'a password for this alone' },
  Source: source,
  SourceList: { sources: [source] },
  'text/vcard': 'BEGIN:VCARD\r\nVERSION:3.0\r\nUID:c1\r\nFN:Bob from work\r\nTEL:138 0013 8001\r\nEND:VCARD\r\n',
};
