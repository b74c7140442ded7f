/** What the calls are about, in the order in which the document has them. */
export const TAGS = [
  { name: 'subscribers', description: 'Who is known to the service, by its numbers' },
  { name: 'login', description: 'How a phone proves its number and gets a token' },
  { name: 'tokens', description: 'Tokens of a subscriber’s devices' },
  { name: 'players', description: 'Passwords with which players say what plays' },
  { name: 'address book', description: 'Books, and network address books that are read for the subscriber' },
  { name: 'now playing', description: 'What a subscriber plays' },
  { name: 'friends', description: 'Friends, what they play, and their pictures' },
  { name: 'privacy', description: 'A subscriber’s consent' },
  { name: 'credentials', description: 'Credentials of carriers' },
  { name: 'subscriptions', description: 'Events that carriers are told of by webhooks' },
  { name: 'audit', description: 'Who did what, about whom, and when' },
  { name: 'operations', description: 'For the operator: how the processes are' },
  { name: 'page', description: 'For the friends page' },
];
