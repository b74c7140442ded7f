import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { Fault, type FaultCode } from '../../domain/fault.ts';
import { decideShowing } from '../../domain/playing/showing.ts';
import { cleanTune, type Tune } from '../../domain/playing/tune.ts';
import { takeTurns } from '../../runtime/turns.ts';
import { STATUS_OF } from '../../service/audit/audit.ts';
import { playTune, stopPlaying } from '../../service/playing/playing.ts';
import { writeEntries } from '../access/audit.ts';
import { situationOf } from '../access/auth.ts';
import { createCountAs } from '../access/limits.ts';
import type { Context } from '../context.ts';
import { causeOf } from '../http/correlator.ts';
import { problems } from '../schemas/common.ts';
import { DEFAULT_DEVICE, NewTunes, TunesAccepted, TunesQuestion, TunesView } from '../schemas/now-playing.ts';
import { ownTuneView } from './own-tune-view.ts';

type SubscriberTune = Static<typeof NewTunes>['tunes'][number];
type Refused = { subscriberId: string; code: FaultCode; detail: string };

const tags = ['now playing'];

/** What many subscribers play, in one call. Each of them is answered by itself, and each has its entry in the audit trail, as if there had been a call for it, and counts as one. */
export function manyTunesRoutes(context: Context): FastifyPluginAsyncTypebox {
  const { stores, now } = context;
  const countAs = createCountAs(context);

  async function play(request: FastifyRequest, { subscriberId: id, ...rest }: SubscriberTune) {
    const { device = DEFAULT_DEVICE, position, state = 'playing', ...body } = rest;
    const tune = cleanTune(body as Tune);
    const known = await situationOf(request, stores, id);
    const cause = causeOf(request);
    if (state === 'paused') {
      await stopPlaying(context, { id, device }, { cause });
      return { subscriberId: id, expiresAt: new Date(now()).toISOString() };
    }
    const { playing } = await playTune(context, { id, device, position }, tune, { known, cause });
    return { subscriberId: id, expiresAt: new Date(playing.expiresAt).toISOString() };
  }

  async function look(request: FastifyRequest, id: string) {
    return {
      subscriberId: id,
      nowPlaying: ownTuneView(decideShowing(await situationOf(request, stores, id), now())) ?? null,
    };
  }

  /** One after the other, so that two tunes of one subscriber come in their order. What was done before trouble has its entries. @throws Fault UNAVAILABLE for what concerns all */
  async function each<Item, Done extends { subscriberId: string }>(
    request: FastifyRequest,
    items: readonly Item[],
    status: number,
    work: (item: Item) => Promise<Done>,
    idOf: (item: Item) => string,
  ): Promise<(Done | Refused)[]> {
    const results: (Done | Refused)[] = [];
    try {
      for (const item of items) {
        await takeTurns();
        results.push(await work(item).catch((err: unknown) => refusalOf(err, idOf(item))));
      }
    } finally {
      await writeEntries(
        context,
        request,
        results.map((one) => {
          const code = 'code' in one ? one.code : undefined;
          return { subject: one.subscriberId, status: code === undefined ? status : STATUS_OF[code], code };
        }),
      );
    }
    return results;
  }

  return async (app) => {
    app.post(
      '/now-playing',
      {
        config: { access: { scope: 'now-playing:write' } },
        bodyLimit: 1024 * 1024,
        schema: {
          tags,
          operationId: 'playTunes',
          summary: 'Say what many subscribers play now',
          description:
            'Each as `PUT …/now-playing` takes it, up to 100, one after the other, and counted as so many calls. What is refused of one is told of that one, and the others are done.',
          body: NewTunes,
          response: { 200: TunesAccepted, ...problems },
        },
      },
      async (request, reply) => {
        await countAs(request, reply, request.body.tunes.length);
        const work = (one: SubscriberTune) => play(request, one);
        return { results: await each(request, request.body.tunes, 202, work, (one) => one.subscriberId) };
      },
    );

    app.post(
      '/now-playing/retrieve',
      {
        config: { access: { scope: 'now-playing:read' } },
        schema: {
          tags,
          operationId: 'getTunes',
          summary: 'What many subscribers play now',
          description:
            'Up to 100, counted as so many calls. Whom the credential does not reach is told of in its own place.',
          body: TunesQuestion,
          response: { 200: TunesView, ...problems },
        },
      },
      async (request, reply) => {
        await countAs(request, reply, request.body.subscriberIds.length);
        const work = (id: string) => look(request, id);
        return { results: await each(request, request.body.subscriberIds, 200, work, (id) => id) };
      },
    );
  };
}

/** @throws what is no word on this one subscriber */
function refusalOf(err: unknown, subscriberId: string): Refused {
  if (!(err instanceof Fault) || err.code === 'UNAVAILABLE') throw err;
  return { subscriberId, code: err.code, detail: err.message };
}
