/** What is said of subscribers, by the names of the shapes. */
const alice = {
  phoneNumber: '+8613800138000',
  otherPhoneNumbers: ['+85251234567'],
  displayName: 'Alice',
  jid: 'lusab-babad-gutih-tugad@op.example',
};
export const subscriberId = '0e7c3b1f-6f0a-4d2b-9a53-3f1f0f5f7a11';
const expiresAt = '2026-03-01T12:00:00.000Z';
const token = 'est_5vJ7Yk2mQ9rT4wX1zB3cD6fG8hK0nP2s';

const added = { subscriberId, ...alice };
const counts = { created: 2, updated: 0, unchanged: 0, refused: 0 };
const importId = '7d0f6a0e-2f0c-4d39-8b68-64b0b7b6e3a9';

export const ofSubscribers = {
  NewSubscriber: { phoneNumber: alice.phoneNumber, displayName: alice.displayName },
  SubscriberPatch: { displayName: 'Alice W.' },
  Subscriber: added,
  SubscriberList: {
    subscribers: [{ ...added, state: 'active' }],
    asOf: '2026-01-31T12:00:00.000Z',
    next: 'lW0nE9sSg1bYc4XhT7uKQm2ZpR8vJ5dA3fHkLw6oGtBiUyNqCxVzrPeMjIlW0nE9sSg1bYc4',
  },
  CreatedSubscriber: { ...added, password: 'k3Wm-9xTq-Lr7v-Zp2d' },
  NumberOnly: { phoneNumber: alice.phoneNumber },
  AccountPassword: { jid: alice.jid, password: 'k3Wm-9xTq-Lr7v-Zp2d' },
  SentCode: { authenticationId: 'V2hvIHJlYWRzIHRoaXM', expiresAt },
  CodeValidation: { authenticationId: 'V2hvIHJlYWRzIHRoaXM', code: '493027', deviceName: 'Alice’s phone' },
  Login: { subscriberId, token, expiresAt, jid: alice.jid, password: 'k3Wm-9xTq-Lr7v-Zp2d' },
  WaitingCodes: { codes: [{ id: 'a1b2c3', phoneNumber: alice.phoneNumber, code: '493027', expiresAt }] },
  AssertionExchange: {
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ0ZWw6Li4uIn0.c2ln',
    deviceName: 'Alice’s phone',
  },
  AccessToken: { access_token: token, token_type: 'Bearer', expires_in: 7_776_000, subscriberId, jid: alice.jid },
  OAuthError: { error: 'invalid_grant', error_description: 'The assertion is not accepted: it was used before.' },
  NewToken: { deviceName: 'Alice’s phone' },
  IssuedToken: { token, tokenId: 'Yk2mQ9rT', expiresAt },
  TokenList: {
    tokens: [
      {
        tokenId: 'Yk2mQ9rT',
        deviceName: 'Alice’s phone',
        createdAt: '2026-01-31T12:00:00.000Z',
        lastUsedAt: null,
        expiresAt,
        current: true,
      },
    ],
  },
  NewApplicationPassword: { name: 'Kitchen radio' },
  CreatedApplicationPassword: {
    applicationPasswordId: 'mQ9rT4wX',
    name: 'Kitchen radio',
    createdAt: '2026-01-31T12:00:00.000Z',
    username: subscriberId,
    password: 'esp_T4wX1zB3cD6fG8hK0nP2s',
    webhookPath: '/webhooks/web-scrobbler/D6fG8hK0nP2s',
  },
  ApplicationPasswordList: {
    applicationPasswords: [
      { applicationPasswordId: 'mQ9rT4wX', name: 'Kitchen radio', createdAt: '2026-01-31T12:00:00.000Z' },
    ],
  },
  NoOptions: {},
  ImportRow: '{"phoneNumber":"+8613800138000","displayName":"Alice"}\n{"phoneNumber":"+8613800138001"}\n',
  'text/csv': 'phoneNumber,displayName\n+8613800138000,Alice\n+8613800138001,\n',
  ImportLine: [
    { row: 1, outcome: 'created', subscriberId, account: 'waiting' },
    { done: true, counts, importId },
  ]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join(''),
  ImportProgress: {
    importId,
    state: 'running',
    rows: { received: 2, done: 2, ...counts },
    accounts: { ordered: 2, waiting: 1, made: 1, failed: 0, failures: [] },
  },
};
