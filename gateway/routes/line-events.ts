import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Fault } from '../../domain/fault.ts';
import { LINE_TYPES, lineChangeOf } from '../../domain/subscription/line-event.ts';
import { applyLineChange } from '../../service/line/line-events.ts';
import { requireReach } from '../../service/subscriber/reach.ts';
import { toE164 } from '../../service/subscriber/subscriber-fields.ts';
import { carrierOf } from '../access/auth.ts';
import { acceptJson } from '../body/json-body.ts';
import type { Context } from '../context.ts';
import { problems } from '../schemas/common.ts';
import { LineEvent, LineEventTaken } from '../schemas/line-events.ts';

/** CloudEvents' JSON event format, section 3. */
const TYPES = ['application/cloudevents+json', 'application/json'];

/** What carriers tell of their lines. */
export function lineEventRoutes(context: Context): FastifyPluginAsyncTypebox {
  return async (app) => {
    acceptJson(app, TYPES);
    app.post(
      '/line-events',
      {
        config: {
          access: { scope: 'line-events:write' },
          // The event names itself.
          idempotentBy: (body: unknown) => {
            const { source, id } = body as { source: string; id: string };
            return JSON.stringify([source, id]);
          },
        },
        schema: {
          tags: ['subscribers'],
          operationId: 'tellLineEvent',
          summary: 'Say what has happened to a line',
          description: `A CloudEvent of one of these types: ${LINE_TYPES.join(', ')}. The answer is the same whether somebody has the number or not. Sent again with the same source and id it is done once; an Idempotency-Key is not needed.`,
          consumes: TYPES,
          body: LineEvent,
          response: { 200: LineEventTaken, ...problems },
        },
      },
      async (request) => {
        const { id, source, type, data } = request.body;
        const change = lineChangeOf(type);
        if (!change)
          throw new Fault('INVALID_ARGUMENT', `This type is not known; send one of ${LINE_TYPES.join(', ')}.`);
        const phoneNumber = toE164(data.phoneNumber, 'data.phoneNumber');
        const carrier = carrierOf(request);
        requireReach(carrier, phoneNumber);
        request.subject = await applyLineChange(context, carrier, phoneNumber, change);
        return { id, source };
      },
    );
  };
}
