import { CarrierEvent } from '../schemas/events.ts';
import type { Answer, Operation, Schema } from './described.ts';
import { ofEvents } from './examples/events.ts';

const text = { type: 'string' } as const;

/** Of Standard Webhooks (specification, "Webhook headers"). */
const HEADERS = [
  ['webhook-id', 'The event’s `id`: the same when it is sent again', text],
  ['webhook-timestamp', 'When it was sent, in seconds since the epoch', { type: 'string', pattern: '^\\d+$' }],
  [
    'webhook-signature',
    'By each secret of the subscription that is good, with a blank between: `v1,` and the HMAC-SHA256 of id, timestamp and body with dots between, in base64',
    { type: 'string', examples: ['v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4='] },
  ],
] as const;

const examples = Object.fromEntries(Object.entries(ofEvents).map(([name, value]) => [name, { value }]));

const answered = (description: string): Answer => ({ description });
const REFUSED = answered('Not this event: it is tried again by itself, and events about others go on.');

/** What is posted to the sink of a subscription: for `webhooks` of OpenAPI 3.1. */
export const webhooks: Record<string, Record<string, Operation>> = {
  event: {
    post: {
      operationId: 'receiveEvent',
      summary: 'An event for the sink of a subscription',
      description:
        'Events are posted one by one to the `sink` of a subscription (`createSubscription`), those of one subscriber in their order; one may come twice, with the same `id`. Signed as Standard Webhooks has it: check the signature by the `secret` before anything else. With `sinkCredential` each carries it as `Authorization: Bearer`. An answer is waited for for ten seconds, and only its status is looked at; redirects are not followed.',
      tags: ['subscriptions'],
      security: [],
      parameters: HEADERS.map(([name, description, schema]) => ({
        ...{ in: 'header', name, required: true, description, schema },
      })),
      requestBody: {
        required: true,
        content: { 'application/cloudevents+json': { schema: CarrierEvent as unknown as Schema, examples } },
      },
      responses: {
        '2XX': answered('The event is taken.'),
        '400': REFUSED,
        '409': REFUSED,
        '410': answered('The sink wants nothing more: the subscription ends.'),
        '413': REFUSED,
        '422': REFUSED,
        default: answered(
          'Also where no answer comes: it is tried again, after a second at first and a quarter of an hour at last; after a day once an hour, and after a month the subscription ends.',
        ),
      },
    },
  },
};
