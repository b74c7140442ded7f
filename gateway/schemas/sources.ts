import { Type } from 'typebox';
import { FAULT_CODES } from '../../domain/fault.ts';
import { named, oneOf, SubscriberParams, Time } from './common.ts';

export const SourceParams = Type.Object({
  ...SubscriberParams.properties,
  name: Type.String({ pattern: '^[a-z0-9-]{1,32}$', description: 'The subscriber’s own word for the source' }),
});

const Secret = Type.String({ minLength: 1, maxLength: 4096 });

export const SourceBody = named(
  'SourceLink',
  Type.Object(
    {
      url: Type.String({
        maxLength: 2048,
        description: 'The address book, or the server: then the first address book of the user is taken.',
        examples: ['https://dav.example/alice/contacts/'],
      }),
      username: Type.Optional(Type.String({ minLength: 1, maxLength: 1024, pattern: '^[^:]*$' })),
      password: Type.Optional(Secret),
      bearerToken: Type.Optional(Type.String({ ...Secret, pattern: '^[\\x21-\\x7e]+$' })),
    },
    { additionalProperties: false },
  ),
);

export const SourceView = named(
  'Source',
  Type.Object({
    name: Type.String(),
    url: Type.Optional(Type.String({ description: 'Absent for a book that a client sends: `quicksy`.' })),
    collection: Type.Optional(Type.String({ description: 'The URL of the address book that was found there.' })),
    state: oneOf(['reading', 'current', 'failing']),
    contacts: Type.Integer({ description: 'How many were read; they stay while reads fail.' }),
    lastReadAt: Type.Optional(Time),
    nextReadAt: Type.Optional(Time),
    problem: Type.Optional(
      Type.Object({ code: oneOf(FAULT_CODES), detail: Type.String() }, { description: 'Why the last read failed.' }),
    ),
    rejected: Type.Array(Type.Object({ detail: Type.String(), cards: Type.Integer() }), {
      description: 'How many cards were refused, or kept in part, and why; up to 1,000 are counted.',
    }),
  }),
);

export const SourcesView = named('SourceList', Type.Object({ sources: Type.Array(SourceView) }));
