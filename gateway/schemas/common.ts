import { type TSchema, Type } from 'typebox';
import { FAULT_CODES } from '../../domain/fault.ts';

// The shapes of the API. Every route names its request and its answers by what is in this folder; the OpenAPI document is made from them.

/** Gives a shape the name by which the OpenAPI document, and what is generated from it, has it; nothing else looks at it. */
export function named<T extends TSchema>(name: string, schema: T): T {
  return Object.assign(schema, { title: name });
}

/** One of these words. */
export function oneOf<const T extends string>(words: readonly T[], options: { description?: string } = {}) {
  return Type.Unsafe<T>({ type: 'string', enum: [...words], ...options });
}

export const Problem = named(
  'Problem',
  Type.Object(
    {
      type: Type.String({ description: 'Always about:blank: the code says what kind of problem it is.' }),
      title: Type.String(),
      status: Type.Integer(),
      code: oneOf(FAULT_CODES, { description: 'A stable word for programs' }),
      detail: Type.String({ description: 'What went wrong, and what to do next.' }),
      correlator: Type.String({ description: 'Quote it to the operator; it is in the log.' }),
    },
    { description: 'RFC 9457 problem details' },
  ),
);

/** Text of many parts, of which each is written as JSON in this shape. OpenAPI 3.1 has no words for how they are parted: `description` says it. */
export function partsOf(schema: TSchema, description: string) {
  return Type.String({ contentMediaType: 'application/json', contentSchema: schema, description });
}

/** The answer that is a stream of such events. */
export function eventStreamOf(schema: TSchema) {
  return {
    description: 'An event stream (WHATWG HTML, section 9.2)',
    content: {
      'text/event-stream': {
        schema: partsOf(schema, 'Messages, of which each has an `event` and, as JSON in one line, `data` as here'),
      },
    },
  };
}

/** Where what proves a number stands in the body. */
export const notProven = { 401: problem('What was sent proves nothing, or no more.') };

/** Where something that the path does not name may be missing. */
export const notThere = { 404: problem('There is no such thing, or none that this credential reaches.') };

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

export const NumberQuery = named(
  'NumberOnly',
  Type.Object({ phoneNumber: PhoneNumber }, { additionalProperties: false }),
);

export const Name = Type.String({ minLength: 1, maxLength: 64, description: 'For its owner to know it by' });

export const Kind = named('TuneKind', oneOf(['audio', 'video']));

export const NoOptions = named('NoOptions', Type.Object({}, { additionalProperties: false }));

export const NothingOrNoOptions = Type.Union([NoOptions, Type.Null()]);
