const createdAt = '2026-01-31T12:00:00.000Z';
const credential = {
  credentialId: 'Yk2mQ9rT',
  kind: 'key',
  name: 'Example Mobile, provisioning',
  scopes: ['imports:write', 'subscribers:read'],
  ranges: ['+86138'],
  state: 'active',
  createdAt,
};

/** What is said to and by the operator, by the names of the shapes. */
export const ofOperations = {
  NewCredential: { name: credential.name, scopes: credential.scopes, ranges: credential.ranges },
  CredentialWithKey: { ...credential, key: 'esk_5vJ7Yk2mQ9rT4wX1zB3cD6fG8hK0nP2s' },
  CredentialList: { credentials: [{ ...credential, lastUsedAt: '2026-01-31T13:00:00.000Z' }] },
  KeyRotation: { graceSeconds: 3600 },
  AuditSearch: { phoneNumber: '+8613800138000', limit: 50 },
  AuditPage: {
    entries: [
      {
        time: createdAt,
        caller: 'key',
        callerId: credential.credentialId,
        operation: 'PUT /v1/subscribers/:subscriberId/now-playing',
        subject: 'mQ9rT4wX1zB3',
        correlator: 'b4333c46-49c0-4f62-80d7-f0ef930f1c46',
        status: 202,
      },
    ],
  },
  ReconciliationBegun: { subscribers: 120_000 },
  Reconciliation: { state: 'running', subscribers: 120_000, done: 43_000 },
  Liveness: { status: 'alive' },
  LivenessEvent: 'event: first\ndata: {}\n\nevent: second\ndata: {}\n\n',
  Readiness: { status: 'ready', missing: [], standby: 1, mode: 'privileged' },
  Fleet: {
    processes: [
      {
        role: 'gateway',
        host: 'gw1',
        version: '0.1.0',
        started: createdAt,
        heard: createdAt,
        ready: true,
        missing: [],
      },
    ],
    queues: [{ name: 'reconcile', due: 3 }],
  },
  PageSettings: { name: 'Earshot' },
  'text/plain':
    '# HELP earshot_subscribers Subscribers\n# TYPE earshot_subscribers gauge\nearshot_subscribers 120000\n',
};
