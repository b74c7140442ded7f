import { createHash } from 'node:crypto';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { playerText, playerTune } from '../../../domain/playing/player-tune.ts';
import { currentOf, type Playing } from '../../../domain/playing/tune.ts';
import type { Cause } from '../../../runtime/cause.ts';
import { playTune, stopPlaying } from '../../../service/playing/playing.ts';
import { becomeCaller } from '../../access/caller.ts';
import type { Limit } from '../../access/limits.ts';
import { acceptStream, acceptText, streamOf } from '../../body/bodies.ts';
import type { Context } from '../../context.ts';
import { causeOf } from '../../http/correlator.ts';
import { allowOrigins } from '../cors.ts';
import { type Caller, callerOf, count, deviceOf, requireCaller, tokenOf } from './caller.ts';
import { answerFaults, ListenBrainzFault } from './fault.ts';
import type { Listen } from './listen.ts';
import { LARGEST_SUBMISSION, readJson, readSubmission, SUBMISSION_HOLDS } from './submission.ts';

declare module 'fastify' {
  interface FastifyRequest {
    listenBrainz: Caller | undefined;
  }
}

const schema = { hide: true };

/** ListenBrainz as listenbrainz-server speaks it (https://listenbrainz.readthedocs.io/en/latest/users/api/core.html), for what plays now; listens are accepted and forgotten. */
export function listenBrainzRoutes(context: Context, limit: Limit): FastifyPluginAsync {
  const { stores, now } = context;

  return async (app) => {
    app.addHook('onRequest', limit);
    answerFaults(app);
    acceptText(app);
    allowOrigins(app, ['/*']);
    app.decorateRequest('listenBrainz', undefined);
    // Known before anything of a large body is read.
    app.addHook('onRequest', async (request, reply) => {
      if (request.method !== 'POST') return;
      request.listenBrainz = await requireCaller(context, request, reply);
      becomeCaller(request, request.listenBrainz);
    });

    await app.register(async (door) => {
      acceptStream(door, LARGEST_SUBMISSION);
      door.post(
        '/submit-listens',
        { bodyLimit: LARGEST_SUBMISSION, config: { holds: SUBMISSION_HOLDS }, schema },
        async (request) => {
          const { type, listen } = await readSubmission(streamOf(request), now() / 1000);
          if (type === 'playing_now') await play(context, callerIn(request), listen, causeOf(request));
          const { return_msid: wanted } = request.query as { return_msid?: string };
          const msid = wanted?.toLowerCase() === 'true' ? { recording_msid: msidOf(listen) } : {};
          return { status: 'ok', ...msid };
        },
      );
    });

    app.post('/playing-now/delete', { schema }, async (request) => {
      const { client } = request.body ? readJson(request.body) : { client: undefined };
      await stop(context, callerIn(request), client, causeOf(request));
      return { status: 'ok' };
    });

    app.get('/validate-token', { schema }, async (request, reply) => {
      const token = tokenOf(request) ?? (request.query as { token?: string }).token;
      if (!token) throw new ListenBrainzFault(400, 'You need to provide an Authorization token.');
      const caller = await callerOf(context, token);
      if (!caller) return { code: 200, message: 'Token invalid.', valid: false };
      await count(context, caller, reply);
      return { code: 200, message: 'Token valid.', valid: true, user_name: caller.id };
    });

    app.get('/user/:name/playing-now', { schema }, async (request, reply) => {
      const { name } = request.params as { name: string };
      const { id } = await requireCaller(context, request, reply);
      // What others play is for their friends, by the API.
      if (name !== id) throw new ListenBrainzFault(404, 'Cannot find user.');
      const playing = currentOf((await stores.nowPlaying.read(id)).devices, now());
      const listens = playing ? [toListen(playing)] : [];
      return { payload: { count: listens.length, listens, playing_now: true, user_id: id } };
    });
  };
}

async function play(context: Context, caller: Caller, { track, client, player }: Listen, cause: Cause): Promise<void> {
  const tune = playerTune(track);
  const source = { id: caller.id, device: deviceOf(caller, client), player: playerText(player, 64) ?? caller.player };
  if (tune) await playTune(context, source, tune, { cause });
}

/** Without a client: all that plays by this token. @throws ListenBrainzFault 404 when something plays, but by another client */
async function stop(context: Context, caller: Caller, client: unknown, cause: Cause): Promise<void> {
  const { devices } = await context.stores.nowPlaying.read(caller.id);
  const own = devices.map(({ device }) => device).filter((device) => `${device}-`.startsWith(`${caller.device}-`));
  const wanted = client === undefined ? own : own.filter((device) => device === deviceOf(caller, client));
  if (own.length > 0 && wanted.length === 0) throw new ListenBrainzFault(404, 'Another client has set what plays now.');
  for (const device of wanted) await stopPlaying(context, { id: caller.id, device }, { cause });
}

function callerIn({ listenBrainz }: FastifyRequest): Caller {
  if (!listenBrainz) throw new ListenBrainzFault(401, 'You need to provide an Authorization header.');
  return listenBrainz;
}

function toListen({ tune, player }: Playing) {
  const { title, artist, source, length, track, uri } = tune;
  return {
    playing_now: true,
    track_metadata: {
      artist_name: artist ?? '',
      track_name: title,
      ...(source === undefined ? {} : { release_name: source }),
      additional_info: { duration: length, tracknumber: track, origin_url: uri, media_player: player },
    },
  };
}

/** The same for the same artist and title, as a MessyBrainz id is; nothing is kept under it. */
function msidOf({ track }: Listen): string {
  const hex = createHash('sha256')
    .update(JSON.stringify([track.artist, track.title]))
    .digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
