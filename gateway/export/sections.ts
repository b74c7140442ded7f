import { exportAudit } from './audit.ts';
import { exportAddressBooks, exportContacts, exportPhotos } from './books.ts';
import { exportFriends, exportOffers, exportRosters, exportTurnedDown } from './friends.ts';
import {
  exportAccounts,
  exportApplicationPasswords,
  exportBudget,
  exportPending,
  exportPrivacy,
  exportSubscriber,
  exportTokens,
} from './identity.ts';
import { exportAvatar, exportNowPlaying, exportPresence, exportRecentlyPlayed } from './playing.ts';
import type { Section } from './section.ts';
import { exportSources } from './sources.ts';

/** All that is held about a subscriber; what is new in `store/base/keys.ts` belongs to one of these, or below. */
export const SECTIONS: readonly Section[] = [
  { name: 'subscriber', covers: ['subscriber'], read: exportSubscriber },
  { name: 'accounts', covers: ['made-accounts', 'account', 'former', 'listening'], read: exportAccounts },
  { name: 'tokens', covers: ['device-tokens'], read: exportTokens },
  { name: 'applicationPasswords', covers: ['application-passwords'], read: exportApplicationPasswords },
  { name: 'privacy', covers: ['privacy', 'blocked'], read: exportPrivacy },
  { name: 'budget', covers: ['budget', 'asked', 'waiting'], read: exportBudget },
  { name: 'addressBooks', covers: ['book'], read: exportAddressBooks },
  { name: 'contacts', covers: ['held'], read: exportContacts },
  { name: 'photos', covers: ['photos', 'images'], read: exportPhotos },
  { name: 'sources', covers: ['sources', 'source', 'source-rejected'], read: exportSources },
  { name: 'friends', covers: ['friends'], read: exportFriends },
  { name: 'turnedDown', covers: ['declined'], read: exportTurnedDown },
  { name: 'nowPlaying', covers: ['playing', 'told'], read: exportNowPlaying },
  { name: 'recentlyPlayed', covers: ['recent'], read: exportRecentlyPlayed },
  { name: 'presence', covers: [], read: exportPresence },
  { name: 'avatar', covers: ['avatar'], read: exportAvatar },
  { name: 'rosters', covers: ['ledger'], read: exportRosters },
  { name: 'offers', covers: ['offered'], read: exportOffers },
  { name: 'pending', covers: ['announced', 'intention', 'dirty-pairs', 'dirty-items'], read: exportPending },
  { name: 'audit', covers: [], read: exportAudit },
];

/** Keys of a subscriber that no section shows, and why. */
export const NOT_EXPORTED: Readonly<Record<string, string>> = {
  'locked-out': 'that the account of `accounts` is just getting a password that nobody knows',
  uids: 'hashes by which the contacts of `contacts` are found again when they change',
  'dirty-numbers': 'numbers of `contacts` that have still to be looked up; nothing beside them',
  'dirty-blocked': 'people of `privacy` whose pair has still to be decided; nothing beside them',
  barred: 'who is blocked, or has blocked the subscriber, which is not to be told',
  partings: 'former friends whose screens have still to be cleared; gone within seconds',
  lately:
    'what the XMPP server was told in the last minutes, of `friends` and what plays; kept where it may forget that',
  access: 'what outlets were told of `privacy` and `friends`',
  'declined-by': 'what others have decided about the subscriber is theirs, and not to be told',
  'player-sessions': 'hashes of sessions that are made of `applicationPasswords`',
  answered: 'which answers to earlier calls hold something of the subscriber; they are sealed for who made the call',
  'photos-upload': 'a copy of photos that are just arriving, gone after ten minutes',
  'images-upload': 'the images of those photos',
  verification: 'a code for a number, under a hash of it; gone after five minutes',
  spent:
    'how long the budget of a number takes to come back, under a hash of the number; shown as `budget` while it is somebody’s',
  limit: 'counts of calls, under a hash; gone after eight hours',
  events: 'a channel, which keeps nothing',
};
