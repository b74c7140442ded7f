import { Type } from 'typebox';
import { EVENT_TYPES } from '../../domain/subscription/event-types.ts';
import { NoOptions, named, oneOf, partsOf } from './common.ts';
import { CarrierEvent } from './events.ts';

export const EventsQuery = Type.Object(
  {
    types: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1024,
        description: `Of what to be told, with commas between: ${EVENT_TYPES.join(', ')}. All that the credential may read, where it is left out.`,
        examples: [EVENT_TYPES.slice(0, 2).join(',')],
      }),
    ),
    initial: Type.Optional(
      Type.Boolean({ description: 'True: first everybody in range is told as they are now, and then what changes.' }),
    ),
  },
  { additionalProperties: false },
);

export const EventsHeaders = Type.Object({
  'last-event-id': Type.Optional(
    Type.String({
      description:
        'The `id` of the last message that was taken in. What was sent after it is told again, as it is by then; where that is not known any more everything is, after a `subscription-restored`.',
    }),
  ),
});

/** A message of the stream. */
export const CarrierStreamEvent = named(
  'CarrierStreamEvent',
  Type.Union([
    named('CarrierEventMessage', Type.Object({ id: Type.String(), data: CarrierEvent })),
    named('StreamReplaced', Type.Object({ event: oneOf(['replaced']), data: NoOptions })),
  ]),
);

export const CarrierEvents = {
  description: 'An event stream (WHATWG HTML, section 9.2)',
  content: {
    'text/event-stream': {
      schema: partsOf(
        CarrierStreamEvent,
        'Messages, each with, as JSON in one line, `data` as here. Those with an `id` and no `event` are events; one that has an `id` and nothing else comes first, where the stream is new.',
      ),
    },
  },
};
