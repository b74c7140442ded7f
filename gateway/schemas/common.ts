import { type TSchema, Type } from 'typebox';

// The shapes of the API. Every route names its request and its answers by what is in this folder; the OpenAPI document is made from them.

export const Problem = Type.Object(
  {
    type: Type.String({ description: 'Always about:blank: the code says what kind of problem it is.' }),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: 'A stable word for programs, such as INVALID_ARGUMENT.' }),
    detail: Type.String({ description: 'What went wrong, and what to do next.' }),
    correlator: Type.String({ description: 'Quote it to the operator; it is in the log.' }),
  },
  { description: 'RFC 9457 problem details' },
);

/** The answers that any route may give besides its own. */
export const problems = {
  '4xx': problem('The request cannot be served as it is.'),
  '5xx': problem('The service cannot answer now.'),
};

function problem(description: string): TSchema {
  return { description, content: { 'application/problem+json': { schema: Problem } } } as unknown as TSchema;
}

/** An answer without a body. */
export const Empty = Type.Null({ description: 'Done; no content.' });

export const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const PhoneNumber = Type.String({
  description: 'E.164, with the plus sign',
  maxLength: 64,
  examples: ['+8613800138000'],
});

export const Time = Type.String({ format: 'date-time', description: 'RFC 3339, UTC' });

export const SubscriberParams = Type.Object({
  subscriberId: Type.String({
    description: 'The id of a subscriber; with a subscriber’s own token, also `me`.',
    maxLength: 64,
  }),
});

export const NumberQuery = Type.Object({ phoneNumber: PhoneNumber }, { additionalProperties: false });

export const Name = Type.String({ minLength: 1, maxLength: 64, description: 'For its owner to know it by' });

export const Kind = Type.Union([Type.Literal('audio'), Type.Literal('video')]);

export const NoOptions = Type.Object({}, { additionalProperties: false });

export const NothingOrNoOptions = Type.Union([NoOptions, Type.Null()]);
