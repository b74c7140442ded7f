import { ofPlaying } from './playing.ts';
import { subscriberId } from './subscribers.ts';

const at = '2026-01-31T12:00:00.000Z';

/** What is held about somebody who has joined, and little more. */
export const ofExport = {
  Export: {
    generatedAt: at,
    note: 'Numbers in books are kept as keyed hashes.',
    subscriber: {
      id: subscriberId,
      phoneNumbers: ['+8613800138000'],
      numberHashes: ['Zq3yZJ5w0nUu'],
      jid: 'alice@op.example',
      displayName: 'Alice',
      lastHeardOf: at,
      state: 'active',
    },
    accounts: { made: ['alice@op.example'], former: [] },
    tokens: [{ deviceName: 'Alice’s phone', createdAt: at, expiresAt: '2026-05-01T12:00:00.000Z' }],
    applicationPasswords: [],
    privacy: ofPlaying.Privacy,
    budget: { askedNumberHashes: [], waitingNumberHashes: [] },
    addressBooks: [{ book: null, version: 4, contacts: 1 }],
    contacts: [{ book: null, numberHash: 'Lr7vZp2dK3Wm', name: 'Bob from work', groups: ['Work'] }],
    photos: [],
    sources: [],
    friends: [],
    turnedDown: [],
    nowPlaying: { devices: [], told: [] },
    recentlyPlayed: [],
    presence: [],
    avatar: null,
    rosters: [],
    offers: [],
    pending: { due: [], numberHashes: [], subscribers: [], rosterItems: [] },
    audit: [],
  },
};
