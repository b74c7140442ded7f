import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Static } from 'typebox';
import { Fault } from '../../domain/fault.ts';
import { lookupForms } from '../../domain/phone.ts';
import { LINE_TYPES, lineChangeOf } from '../../domain/subscription/line-event.ts';
import { applyLineChange } from '../../service/line/line-events.ts';
import { requireReach } from '../../service/subscriber/reach.ts';
import { toE164 } from '../../service/subscriber/subscriber-fields.ts';
import { carrierOf } from '../access/auth.ts';
import type { Carrier } from '../access/caller.ts';
import { acceptJson } from '../body/json-body.ts';
import type { Context } from '../context.ts';
import { problems } from '../schemas/common.ts';
import { LineEvent, LineEventTaken } from '../schemas/line-events.ts';

/** CloudEvents' JSON event format, section 3. */
const TYPES = ['application/cloudevents+json', 'application/json'];

/** What carriers tell of their lines. */
export function lineEventRoutes(context: Context): FastifyPluginAsyncTypebox {
  /** The same for every way to write the number of one phone (decision 263), also while the number key is being changed. */
  const lineKey = (phoneNumber: string) =>
    context.keyedHash('line', [...lookupForms(phoneNumber)].sort()[0] ?? phoneNumber);

  return async (app) => {
    acceptJson(app, TYPES);
    app.post(
      '/line-events',
      {
        config: {
          access: { scope: 'line-events:write' },
          // The event names itself, for whoever reaches the line.
          idempotentBy: (request) => {
            const { source, id, data } = request.body as Static<typeof LineEvent>;
            return JSON.stringify([lineKey(reachedLine(carrierOf(request), data)), source, id]);
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
        const carrier = carrierOf(request);
        const phoneNumber = reachedLine(carrier, data);
        request.subject = await applyLineChange(context, carrier, phoneNumber, change);
        return { id, source };
      },
    );
  };
}

/** In E.164. @throws Fault INVALID_ARGUMENT @throws Fault PERMISSION_DENIED */
function reachedLine(carrier: Carrier, { phoneNumber }: Static<typeof LineEvent>['data']): string {
  const line = toE164(phoneNumber, 'data.phoneNumber');
  requireReach(carrier, line);
  return line;
}
