/** What a credential can be allowed to do, one word for each family of routes, in the words of the API's description. */
export const SCOPES = {
  'subscribers:read': 'Read subscribers, find them by number',
  'subscribers:export': 'Read everything that is held about a subscriber',
  'subscribers:write': 'Add, change and remove subscribers',
  'accounts:link': 'Tie a number to an XMPP account that is there already',
  'tokens:read': 'See the tokens of subscribers’ devices, without their secrets',
  'tokens:write':
    'Issue and revoke tokens with which subscribers call for themselves, passwords for their players, and a new one for the XMPP account made here',
  'verification:read': 'Read the codes that wait to be passed on by hand',
  'imports:write': 'Add and update many subscribers',
  'address-books:read': 'See the state of address books',
  'address-books:write': 'Replace, change and delete address books',
  'now-playing:read': 'See what a subscriber plays',
  'now-playing:write': 'Say what a subscriber plays',
  'privacy:read': 'See who may find a subscriber and see its tune, and whom it blocks',
  'privacy:write': 'Change that, as far as it is not the subscriber’s alone',
  'friends:read': 'See a subscriber’s friends and what they play',
  'line-events:write': 'Say what has happened to a line',
  'subscriptions:read': 'See its own subscriptions to events',
  'subscriptions:write': 'Subscribe to events, with the scopes for reading what these tell',
  'reconciliations:write': 'Have every subscriber looked at again',
  'audit:read': 'Read the audit trail',
  'metrics:read': 'Read the metrics and the state of all processes',
  'credentials:write': 'List, create, rotate and revoke credentials',
} as const;

/** What a credential may be used for. */
export type Scope = keyof typeof SCOPES;

/** Every scope, in the order of the table: what the operator's key may do. */
export const ALL_SCOPES = Object.keys(SCOPES) as Scope[];
