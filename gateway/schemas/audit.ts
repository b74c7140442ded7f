import { Type } from 'typebox';
import { FAULT_CODES } from '../../domain/fault.ts';
import { CALLERS } from '../../store/audit/audit.ts';
import { AUDIT_KINDS } from '../../store/audit/audit-places.ts';
import { named, oneOf, Time } from './common.ts';

const window = {
  from: Type.Optional(Time),
  to: Type.Optional(Time),
  cursor: Type.Optional(
    Type.String({ pattern: '^[1-9][0-9]{0,14}-[0-9]{1,15}$', description: '`next` of the answer before' }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: '100 unless told' })),
};

export const AuditParams = Type.Object(
  {
    ...window,
    credential: Type.Optional(Type.String({ maxLength: 64, description: 'A credential’s id, or `operator`' })),
    trail: Type.Optional(
      oneOf(['known', 'unknown', ...AUDIT_KINDS], {
        description:
          '`known` unless told: all calls by somebody known; or of these `changes`, `exports` (of all that is held about a subscriber), other `looks`, or `refusals`. `unknown`: calls by nobody known',
      }),
    ),
  },
  { additionalProperties: false },
);

export const AuditSearch = named(
  'AuditSearch',
  Type.Object(
    {
      ...window,
      subscriberId: Type.Optional(
        Type.String({ minLength: 1, maxLength: 64, description: 'Also of one who has left' }),
      ),
      phoneNumber: Type.Optional(Type.String({ maxLength: 64, description: 'E.164, of one who is a subscriber now' })),
    },
    { additionalProperties: false },
  ),
);

export const AuditPage = named(
  'AuditPage',
  Type.Object({
    entries: Type.Array(
      Type.Object({
        time: Time,
        caller: oneOf(CALLERS),
        callerId: Type.Optional(Type.String({ description: 'The credential’s id, or the subscriber’s keyed hash' })),
        operation: Type.String({
          description:
            'Method and path, as in this description; or `COMMAND` and a command, or `IQ` and a request, of the XMPP door',
        }),
        subject: Type.Optional(Type.String({ description: 'The keyed hash of the subscriber it is about' })),
        correlator: Type.String(),
        status: Type.Integer(),
        code: Type.Optional(oneOf(FAULT_CODES)),
        more: Type.Optional(
          Type.Boolean({
            description: 'The caller made so many of these calls that the rest of that day is not written down.',
          }),
        ),
      }),
    ),
    next: Type.Optional(Type.String({ description: 'There is more: ask again with this as cursor.' })),
  }),
);
