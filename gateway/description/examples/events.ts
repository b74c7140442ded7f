import { subscriberId } from './subscribers.ts';

const subscriptionId = 'b4333c46-49c0-4f62-80d7-f0ef930f1c46';
const friendId = '5b9d2c4e-1a3f-4c6d-8e7f-9a0b1c2d3e4f';
const consent = { discoverable: true, audience: 'friends', privateUntil: null };
const phoneNumbers = ['+8613800138000'];

function about(kind: string, data: object) {
  return { ...ofSubscription(kind, data), subject: subscriberId };
}

function ofSubscription(kind: string, data: object) {
  return {
    specversion: '1.0',
    id: '0d0f3c43-5d8b-4a4f-8a59-6f2f6ff3a1c2',
    source: `/v1/subscriptions/${subscriptionId}`,
    type: `org.earshot.v1.${kind}`,
    time: '2026-01-31T12:00:00.000Z',
    datacontenttype: 'application/json',
    data: { subscriptionId, ...data },
  };
}

/** As messages of a stream: of one, an id with a position. */
export const CarrierStreamEvent = [
  ['subscriber-added', { phoneNumbers, ...consent }, 1769860800000] as const,
  ['friend-added', { friendId }, 1769860800001] as const,
]
  .map(([kind, data, position]) => `id: ${subscriptionId}.${position}\ndata: ${JSON.stringify(about(kind, data))}\n\n`)
  .concat('event: replaced\ndata: {}\n\n')
  .join('');

/** What sinks are told, by the names of the shapes. */
export const ofEvents = {
  SubscriberAdded: about('subscriber-added', { phoneNumbers, ...consent }),
  SubscriberRemoved: about('subscriber-removed', {}),
  NumbersChanged: about('numbers-changed', { phoneNumbers, shared: true }),
  ConsentChanged: about('consent-changed', { ...consent, audience: 'groups' }),
  FriendAdded: about('friend-added', { friendId }),
  FriendRemoved: about('friend-removed', { friendId }),
  NowPlayingChanged: about('now-playing-changed', {
    nowPlaying: {
      kind: 'audio',
      title: 'Gymnopédie No. 1',
      artist: 'Erik Satie',
      length: 188,
      since: '2026-01-31T12:00:00.000Z',
      audience: 'friends',
    },
  }),
  SubscriptionResumed: {
    ...ofSubscription('subscription-resumed', { failingSince: '2026-01-30T11:00:00.000Z' }),
    id: `${subscriptionId}-resumed-1769770800000`,
  },
  SubscriptionRestored: {
    ...ofSubscription('subscription-restored', {}),
    id: `${subscriptionId}-restored-k3v9x2m4q7w1`,
  },
  SubscriptionEnded: {
    ...ofSubscription('subscription-ended', { terminationReason: 'SUBSCRIPTION_EXPIRED' }),
    id: `${subscriptionId}-ended`,
  },
};
