import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { playerTune } from '../../../domain/playing/player-tune.ts';
import type { Cause } from '../../../runtime/cause.ts';
import { AUDIOSCROBBLER_PATH } from '../../../service/player/player-addresses.ts';
import { sourceOf } from '../../../service/player/player-sessions.ts';
import { playTune, type Source } from '../../../service/playing/playing.ts';
import type { Limit } from '../../access/limits.ts';
import { acceptText, readForm } from '../../body/bodies.ts';
import type { Context } from '../../context.ts';
import { causeOf } from '../../http/correlator.ts';
import { countCall } from '../calls.ts';
import { ownAddress } from '../own-address.ts';
import { type Answer, answerFailures, lines, TOO_MANY } from './answers.ts';
import { handshake } from './handshake.ts';

const schema = { hide: true };
/** Bytes: fifty tracks, the most that a player submits at once. */
const BODY_LIMIT = 256 * 1024;
const PLAIN = 'text/plain; charset=utf-8';

/** AudioScrobbler 1.2 (https://www.last.fm/api/submissions), for what plays now; submissions are accepted and forgotten. */
export function audioScrobblerRoutes(context: Context, limit: Limit): FastifyPluginAsync {
  return async (app) => {
    app.addHook('onRequest', limit);
    answerFailures(app);
    acceptText(app);
    app.get(AUDIOSCROBBLER_PATH, { schema }, async (request, reply) => {
      const outcome = await handshake(context, request.query as Record<string, unknown>);
      reply.type(PLAIN);
      if (typeof outcome === 'string') return lines(outcome);
      const base = ownAddress(request, context.config.publicUrl) + AUDIOSCROBBLER_PATH;
      return lines('OK', outcome.session, `${base}/nowplaying`, `${base}/submission`);
    });
    door(app, context, '/nowplaying', async (source, field, cause) => {
      if (!field('a') || !field('t')) return 'FAILED a and t are needed';
      const tune = playerTune({
        title: field('t'),
        artist: field('a'),
        source: field('b'),
        track: field('n'),
        length: field('l'),
      });
      if (tune) await playTune(context, source, tune, { cause });
      return 'OK';
    });
    door(app, context, '/submission', async (_source, field) =>
      ['a', 't', 'i'].every((name) => field(`${name}[0]`)) ? 'OK' : 'FAILED a[0], t[0] and i[0] are needed',
    );
  };
}

type Work = (source: Source, field: (name: string) => string, cause: Cause) => Promise<Answer>;

/** A form that begins with a session. */
function door(app: FastifyInstance, context: Context, path: string, work: Work): void {
  app.post(AUDIOSCROBBLER_PATH + path, { bodyLimit: BODY_LIMIT, schema }, async (request, reply) => {
    const field = readForm(request.body, request.query);
    const source = await sourceOf(context, 'audioscrobbler', field('s'));
    reply.type(PLAIN);
    if (!source) return lines('BADSESSION' satisfies Answer);
    const { allowed } = await countCall(context, source.id);
    return lines(allowed ? await work(source, field, causeOf(request)) : `FAILED ${TOO_MANY}`);
  });
}
