import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { decideShowing } from '../../domain/playing/showing.ts';
import { cleanTune, type Tune } from '../../domain/playing/tune.ts';
import { playTune, stopPlaying } from '../../service/playing/playing.ts';
import { withEntry } from '../access/audit.ts';
import { rangesOf, situationOf, subscriberIdOf, subscriberOf } from '../access/auth.ts';
import type { Context } from '../context.ts';
import { causeOf } from '../http/correlator.ts';
import { Empty, problems, SubscriberParams } from '../schemas/common.ts';
import { DEFAULT_DEVICE, DeviceQuery, OwnTune, TuneAccepted, TuneBody } from '../schemas/now-playing.ts';
import { ownTuneView } from './own-tune-view.ts';

const PATH = '/subscribers/:subscriberId/now-playing';
const tags = ['now playing'];

/** What a subscriber plays. */
export function nowPlayingRoutes(context: Context): FastifyPluginAsyncTypebox {
  const { stores, now } = context;

  /** Undefined when nothing plays. */
  async function show(request: FastifyRequest) {
    return ownTuneView(decideShowing(await situationOf(request, stores), now()));
  }

  /** Nothing plays there any more; it is no error that nothing did. */
  async function pause(request: FastifyRequest, reply: FastifyReply, device: string) {
    const { id } = await subscriberOf(request, stores);
    await withEntry(context, request, 202, (along) =>
      stopPlaying(context, { id, device }, { along, cause: causeOf(request) }),
    );
    return reply.code(202).send({ expiresAt: new Date(now()).toISOString() });
  }

  return async (app) => {
    app.put(
      PATH,
      {
        config: { access: { scope: 'now-playing:write', self: true } },
        schema: {
          tags,
          operationId: 'playTune',
          summary: 'Say what plays now',
          description: 'Say it again when another piece begins, when it is paused or wound, and before it ends.',
          params: SubscriberParams,
          body: TuneBody,
          response: { 202: TuneAccepted, ...problems },
        },
      },
      async (request, reply) => {
        const { device = DEFAULT_DEVICE, position, state = 'playing', ...body } = request.body;
        const tune = cleanTune(body as Tune);
        if (state === 'paused') return pause(request, reply, device);
        const ask = () => situationOf(request, stores);
        // Whether a number is within ranges is known of its owner's record alone.
        const known = rangesOf(request).ranges.length > 0 ? await ask() : undefined;
        const { playing } = await withEntry(context, request, 202, (along) =>
          playTune(context, { id: subscriberIdOf(request), device, position }, tune, {
            known,
            ask,
            along,
            cause: causeOf(request),
          }),
        );
        return reply.code(202).send({ expiresAt: new Date(playing.expiresAt).toISOString() });
      },
    );

    app.get(
      PATH,
      {
        config: { access: { scope: 'now-playing:read', self: true }, shows: show },
        schema: {
          tags,
          operationId: 'getTune',
          summary: 'What plays now, and whether friends are shown it',
          params: SubscriberParams,
          response: { 200: OwnTune, 204: Empty, ...problems },
        },
      },
      async (request, reply) => {
        const shown = await show(request);
        return shown ? reply.send(shown) : reply.code(204).send(null);
      },
    );

    app.delete(
      PATH,
      {
        config: { access: { scope: 'now-playing:write', self: true }, withdraws: true },
        schema: {
          tags,
          operationId: 'stopTune',
          summary: 'Stop: one device, or all',
          params: SubscriberParams,
          querystring: DeviceQuery,
          response: { 204: Empty, ...problems },
        },
      },
      async (request, reply) => {
        const { id } = await subscriberOf(request, stores);
        await withEntry(context, request, 204, (along) =>
          stopPlaying(context, { id, device: request.query.device }, { along, cause: causeOf(request) }),
        );
        return reply.code(204).send(null);
      },
    );
  };
}
