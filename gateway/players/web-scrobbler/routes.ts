import type { FastifyPluginAsync } from 'fastify';
import { Fault } from '../../../domain/fault.ts';
import { playerText, playerTune } from '../../../domain/playing/player-tune.ts';
import type { Cause } from '../../../runtime/cause.ts';
import { WEBHOOK_PATH } from '../../../service/player/player-addresses.ts';
import { sourceOf } from '../../../service/player/player-sessions.ts';
import { playTune, type Source, stopPlaying } from '../../../service/playing/playing.ts';
import type { Limit } from '../../access/limits.ts';
import type { Context } from '../../context.ts';
import { causeOf } from '../../http/correlator.ts';
import { countCall } from '../calls.ts';
import { allowOrigins } from '../cors.ts';
import { readEvent, type WebhookEvent } from './event.ts';

/** Bytes of an event: it holds everything that the extension knows of a track, three times. */
const BODY_LIMIT = 256 * 1024;

/**
 * Web Scrobbler's webhook (https://github.com/web-scrobbler/web-scrobbler), which can send nothing but a body of its own to an address: so the address is the
 * credential, good for this only (decision 62).
 */
export function webScrobblerRoutes(context: Context, limit: Limit): FastifyPluginAsync {
  return async (app) => {
    app.addHook('onRequest', limit);
    const path = `${WEBHOOK_PATH}:session`;
    allowOrigins(app, [path]);
    app.post(path, { bodyLimit: BODY_LIMIT, schema: { hide: true } }, async (request) => {
      const { session } = request.params as { session: string };
      const source = await sourceOf(context, 'web-scrobbler', session);
      if (!source)
        throw new Fault(
          'NOT_FOUND',
          'This webhook is not known, or its application password is revoked; make a new one.',
        );
      const event = readEvent(request.body);
      const { allowed } = await countCall(context, source.id);
      if (!allowed) throw new Fault('TOO_MANY_REQUESTS', 'Too many calls by this subscriber’s players; slow down.');
      await follow(context, source, event, causeOf(request));
      return { status: 'ok' };
    });
  };
}

/** A scrobble and a heart say nothing about what plays now. */
async function follow(
  context: Context,
  source: Source,
  { name, track, site, position }: WebhookEvent,
  cause: Cause,
): Promise<void> {
  if (name === 'paused') await stopPlaying(context, source, { cause });
  if (name !== 'nowplaying' && name !== 'resumedplaying') return;
  const tune = playerTune(track);
  const player = playerText(site, 64) ?? source.player;
  if (tune) await playTune(context, { ...source, player, position }, tune, { cause });
}
