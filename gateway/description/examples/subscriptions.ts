const subscription = {
  id: 'b4333c46-49c0-4f62-80d7-f0ef930f1c46',
  protocol: 'HTTP',
  sink: 'https://events.carrier.example/earshot',
  types: ['org.earshot.v1.now-playing-changed', 'org.earshot.v1.subscriber-added'],
  config: { subscriptionExpireTime: '2030-01-01T00:00:00.000Z', initialEvent: false },
  status: 'ACTIVE',
  startsAt: '2026-01-31T12:00:00.000Z',
  expiresAt: '2030-01-01T00:00:00.000Z',
  events: 4_711,
  waiting: 12,
  failures: 0,
};

const event = { id: '4711', source: 'https://carrier.example/lines' };

/** What carriers ask to be told of, and tell, by the names of the shapes. */
export const ofSubscriptions = {
  LineEvent: {
    specversion: '1.0',
    ...event,
    type: 'org.earshot.v1.number-recycled',
    data: { phoneNumber: '+8613800138000' },
  },
  LineEventTaken: event,
  NewSubscription: {
    protocol: subscription.protocol,
    sink: subscription.sink,
    types: subscription.types,
    config: { subscriptionExpireTime: subscription.config.subscriptionExpireTime },
  },
  Subscription: subscription,
  SubscriptionList: { subscriptions: [subscription] },
  SubscriptionWithSecret: {
    ...subscription,
    status: 'ACTIVATION_REQUESTED',
    events: 0,
    secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDx9SyC3rXOEw=',
  },
};
