import type { FastifyPluginAsync } from 'fastify';
import { LASTFM_PATH } from '../../../service/player/player-addresses.ts';
import type { Limit } from '../../access/limits.ts';
import { acceptText, readForm } from '../../body/bodies.ts';
import type { Context } from '../../context.ts';
import { causeOf } from '../../http/correlator.ts';
import { answerFaults, LastFmFault } from './fault.ts';
import { callMethod } from './methods.ts';

/** Bytes: fifty scrobbles. */
const BODY_LIMIT = 256 * 1024;

/** Last.fm 2.0 (https://www.last.fm/api), for what plays now, in JSON; scrobbles are accepted and forgotten. */
export function lastFmRoutes(context: Context, limit: Limit): FastifyPluginAsync {
  return async (app) => {
    app.addHook('onRequest', limit);
    answerFaults(app);
    acceptText(app);
    app.post(LASTFM_PATH, { bodyLimit: BODY_LIMIT, schema: { hide: true } }, async (request, reply) => {
      const field = readForm(request.body, request.query);
      if (field('format').toLowerCase() !== 'json')
        throw new LastFmFault(6, 'Invalid parameters - Only format=json is spoken here');
      reply.header('cache-control', 'no-store');
      return callMethod(context, field('method'), field, causeOf(request));
    });
  };
}
