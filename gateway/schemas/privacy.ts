import { Type } from 'typebox';
import { MOST_BLOCKED, MOST_GROUPS } from '../../domain/friendship/privacy.ts';
import { named, oneOf, orNull, PhoneNumber, Time } from './common.ts';

const Discoverable = Type.Boolean({ description: 'False: no friendships at all while it lasts' });

const Audience = named(
  'Audience',
  Type.Union(
    [
      oneOf(['friends', 'nobody']),
      Type.Object(
        { groups: Type.Array(Type.String({ minLength: 1, maxLength: 1024 }), { maxItems: MOST_GROUPS }) },
        { additionalProperties: false },
      ),
    ],
    { description: 'Who sees the tune: all friends, nobody, or friends in these groups of the own address book' },
  ),
);

const BlockedSubscriber = Type.Object(
  { subscriberId: Type.String({ minLength: 1, maxLength: 64, pattern: '^[\\w-]+$' }) },
  { additionalProperties: false },
);

const BlockedNumber = Type.Object({ phoneNumber: PhoneNumber }, { additionalProperties: false });

export const PrivacyBody = named(
  'PrivacySettings',
  Type.Object(
    {
      discoverable: Discoverable,
      audience: Audience,
      privateUntil: orNull(Type.String({ maxLength: 64, description: 'RFC 3339; nobody sees the tune until then' })),
      blocked: Type.Array(Type.Union([BlockedSubscriber, BlockedNumber]), {
        maxItems: MOST_BLOCKED,
        description: 'Subscribers, or whoever has a number now or later',
      }),
    },
    { additionalProperties: false },
  ),
);

export const PrivacyView = named(
  'Privacy',
  Type.Object({
    discoverable: Discoverable,
    audience: Audience,
    privateUntil: orNull(Time),
    blocked: Type.Array(Type.Union([BlockedSubscriber, BlockedNumber])),
  }),
);
