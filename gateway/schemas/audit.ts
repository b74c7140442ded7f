import { Type } from 'typebox';
import { Time } from './common.ts';

const window = {
  from: Type.Optional(Time),
  to: Type.Optional(Time),
  cursor: Type.Optional(
    Type.String({ pattern: '^[0-9]{1,20}-[0-9]{1,20}$', description: '`next` of the answer before' }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: '100 unless told' })),
};

export const AuditParams = Type.Object(
  {
    ...window,
    credential: Type.Optional(Type.String({ maxLength: 64, description: 'A credential’s id, or `operator`' })),
    trail: Type.Optional(
      Type.Union([Type.Literal('known'), Type.Literal('unknown')], {
        description: '`unknown`: calls that were refused because nobody knew who called',
      }),
    ),
  },
  { additionalProperties: false },
);

export const AuditSearch = Type.Object(
  {
    ...window,
    subscriberId: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Also of one who has left' })),
    phoneNumber: Type.Optional(Type.String({ maxLength: 64, description: 'E.164, of one who is a subscriber now' })),
  },
  { additionalProperties: false },
);

export const AuditPage = Type.Object({
  entries: Type.Array(
    Type.Object({
      time: Time,
      caller: Type.String({ description: 'operator, key, oauth, subscriber or unknown' }),
      callerId: Type.Optional(Type.String({ description: 'The credential’s id, or the subscriber’s keyed hash' })),
      operation: Type.String({
        description:
          'Method and path, as in this description; or `COMMAND` and a command, or `IQ` and a request, of the XMPP door',
      }),
      subject: Type.Optional(Type.String({ description: 'The keyed hash of the subscriber it is about' })),
      correlator: Type.String(),
      status: Type.Integer(),
      code: Type.Optional(Type.String()),
    }),
  ),
  next: Type.Optional(Type.String({ description: 'There is more: ask again with this as cursor.' })),
});
