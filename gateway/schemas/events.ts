import { type TObject, type TProperties, Type } from 'typebox';
import { type EventKind, type OwnKind, typeOf } from '../../domain/subscription/event-types.ts';
import { END_REASONS } from '../../store/subscription/subscription-record.ts';
import { named, oneOf, orNull, PhoneNumber, Time } from './common.ts';
import { FriendTune } from './now-playing.ts';

// What a carrier is told of: an event of each type, and what is in its `data`.

const Audience = oneOf(['friends', 'groups', 'nobody'], {
  description: 'With whom the subscriber shares what it plays; `groups`: with some friends',
});

const numbers = {
  phoneNumbers: Type.Array(PhoneNumber, { description: 'Those in the ranges of the credential' }),
  shared: Type.Optional(
    Type.Boolean({ description: 'True: there are numbers outside the ranges as well, and nothing else is told.' }),
  ),
};
const consent = {
  discoverable: Type.Boolean({ description: 'Whether those who have its number find it' }),
  audience: Audience,
  privateUntil: orNull(Type.String({ ...Time, description: 'Until when nothing is shown to anybody' })),
};
const { expiresAt: _, ...tune } = FriendTune.properties;
const friend = { friendId: Type.String({ description: 'The friend’s subscriber id' }) };

/** What is in `data` of each kind of event, beside the id of the subscription. */
const DATA: Record<EventKind | OwnKind, TProperties> = {
  'subscriber-added': { ...numbers, ...Type.Partial(Type.Object(consent)).properties },
  'subscriber-removed': {},
  'numbers-changed': numbers,
  'consent-changed': consent,
  'friend-added': friend,
  'friend-removed': friend,
  'now-playing-changed': {
    nowPlaying: orNull(
      named(
        'SharedTune',
        Type.Object({ ...tune, audience: Audience }, { description: 'Show it to nobody but those it is shared with.' }),
      ),
    ),
  },
  'subscription-resumed': {
    failingSince: Type.String({ ...Time, description: 'Since when the sink had not answered' }),
  },
  'subscription-restored': {},
  'subscription-ended': { terminationReason: oneOf(END_REASONS) },
};

const MEANINGS: Record<EventKind | OwnKind, string> = {
  'subscriber-added':
    'A subscriber has come, also into the ranges: forget what was told of it before, as all of it is told after this. What it consents to is told to who is told of consent.',
  'subscriber-removed': 'A subscriber has gone, also from the ranges.',
  'numbers-changed': 'A subscriber has other numbers.',
  'consent-changed': 'A subscriber has other settings, or a private session has begun or ended.',
  'friend-added': 'A subscriber has a friend more.',
  'friend-removed': 'A subscriber has a friend less.',
  'now-playing-changed':
    'A subscriber plays something else, or nothing that it shares; also when the same tune was wound or begins anew.',
  'subscription-resumed': 'A sink that had failed for a day answers again.',
  'subscription-restored':
    'The operator has put back older data, or of a stream nobody knows what was told last: what was told before counts no more, and everything is told anew after this.',
  'subscription-ended': 'Nothing more is told.',
};

/** Of the subscription itself, and so of no subscriber. */
const OWN: readonly string[] = [
  'subscription-resumed',
  'subscription-restored',
  'subscription-ended',
] satisfies OwnKind[];

function eventOf(kind: EventKind | OwnKind): TObject {
  const name = kind.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
  const data = Type.Object({ subscriptionId: Type.String(), ...DATA[kind] });
  const isOwn = OWN.includes(kind);
  const event = {
    specversion: oneOf(['1.0']),
    id: Type.String({ description: 'The same when it is sent again' }),
    source: Type.String({ description: 'The path of the subscription' }),
    type: oneOf([typeOf(kind)]),
    time: Time,
    ...(isOwn ? {} : { subject: Type.String({ description: 'The subscriber’s id' }) }),
    datacontenttype: oneOf(['application/json']),
    data: named(`${name}Data`, data),
  };
  return named(name, Type.Object(event, { description: MEANINGS[kind] }));
}

/** Any event, as CloudEvents 1.0 has it in structured JSON mode (JSON event format, section 3). */
export const CarrierEvent = named(
  'CarrierEvent',
  Type.Union((Object.keys(DATA) as (EventKind | OwnKind)[]).map(eventOf), {
    description: 'An event (CloudEvents 1.0, structured JSON mode), told apart by `type`. There may be more types.',
  }),
);
