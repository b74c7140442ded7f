import type { FastifyPluginAsync } from 'fastify';
import type { Limit } from '../access/limits.ts';
import type { Context } from '../context.ts';
import { audioScrobblerRoutes } from './audioscrobbler/routes.ts';
import { lastFmRoutes } from './lastfm/routes.ts';
import { listenBrainzRoutes } from './listenbrainz/routes.ts';
import { webScrobblerRoutes } from './web-scrobbler/routes.ts';

/**
 * At the paths, and in the words, of the protocols that existing players speak; docs/players.md describes them. All that comes from one
 * address is limited here, and what comes from one subscriber's players in each protocol's own way (`countCall`).
 */
export function openPlayerDoors(context: Context, limit: Limit): FastifyPluginAsync {
  return async (app) => {
    app.addHook('onRequest', async (_request, reply) => {
      reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    });
    await app.register(listenBrainzRoutes(context, limit), { prefix: '/1' });
    await app.register(audioScrobblerRoutes(context, limit));
    await app.register(lastFmRoutes(context, limit));
    await app.register(webScrobblerRoutes(context, limit));
  };
}
