import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Fault } from '../../domain/fault.ts';
import { cleanText } from '../../domain/text.ts';
import { type ApplicationPassword, MOST_APPLICATION_PASSWORDS } from '../../store/application-passwords.ts';
import { subscriberOf } from '../auth.ts';
import type { Context } from '../context.ts';
import { newPassword, sealPassword } from '../players/secrets.ts';
import { closeSessions, deviceOf, openSession, PROTOCOLS } from '../players/session.ts';
import { WEBHOOK_PATH } from '../players/web-scrobbler/routes.ts';
import { stopPlaying } from '../playing.ts';
import {
  ApplicationPasswordList,
  ApplicationPasswordParams,
  CreatedApplicationPassword,
  Empty,
  NewApplicationPassword,
  problems,
  SubscriberParams,
} from '../schemas.ts';

const PATH = '/subscribers/:subscriberId/application-passwords';
const tags = ['players'];
const config = { access: { scope: 'tokens:write', self: true } } as const;

/** Passwords with which a subscriber's players say what plays, and do nothing else. */
export function applicationPasswordRoutes(context: Context): FastifyPluginAsyncTypebox {
  const { stores } = context;

  return async (app) => {
    app.post(
      PATH,
      {
        config,
        schema: {
          tags,
          summary: 'Create a password for one player',
          params: SubscriberParams,
          body: NewApplicationPassword,
          response: { 201: CreatedApplicationPassword, ...problems },
        },
      },
      async (request, reply) => {
        const { id } = await subscriberOf(request, stores);
        const { kept, password, webhook } = await create(context, id, toName(request.body.name));
        return reply
          .code(201)
          .header('cache-control', 'no-store')
          .send({ ...toView(kept), userName: id, password, webhookPath: WEBHOOK_PATH + webhook });
      },
    );

    app.get(
      PATH,
      {
        config,
        schema: {
          tags,
          summary: 'The passwords of a subscriber’s players',
          params: SubscriberParams,
          response: { 200: ApplicationPasswordList, ...problems },
        },
      },
      async (request) => {
        const { id } = await subscriberOf(request, stores);
        return { applicationPasswords: (await stores.applicationPasswords.list(id)).map(toView) };
      },
    );

    app.delete(
      `${PATH}/:applicationPasswordId`,
      {
        config,
        schema: {
          tags,
          summary: 'Revoke a password, at once; what its player plays stops',
          params: ApplicationPasswordParams,
          response: { 204: Empty, ...problems },
        },
      },
      async (request, reply) => {
        const { id } = await subscriberOf(request, stores);
        const { applicationPasswordId: passwordId } = request.params;
        if (!(await stores.applicationPasswords.revoke(id, passwordId)))
          throw new Fault('NOT_FOUND', 'There is no such application password; GET lists them.');
        await closeSessions(context, id, passwordId);
        for (const protocol of PROTOCOLS) await stopPlaying(context, { id, device: deviceOf(protocol, passwordId) });
        return reply.code(204).send(null);
      },
    );
  };
}

async function create(context: Context, subscriberId: string, name: string) {
  const { stores, config: settings, now } = context;
  const password = newPassword();
  const id = stores.applicationPasswords.newId();
  const sealed = sealPassword(settings.secretsKey, subscriberId, id, password);
  const kept: ApplicationPassword = { id, name, sealed, createdAt: now() };
  const outcome = await stores.applicationPasswords.add(subscriberId, kept);
  if (outcome === 'gone') throw new Fault('NOT_FOUND', 'There is no such subscriber.');
  if (outcome === 'too-many')
    throw new Fault(
      'CONFLICT',
      `There are ${MOST_APPLICATION_PASSWORDS} application passwords already; revoke one that is no longer used.`,
    );
  return { kept, password, webhook: await openSession(context, 'web-scrobbler', subscriberId, id) };
}

function toName(text: string): string {
  const name = cleanText(text);
  if (name === '') throw new Fault('INVALID_ARGUMENT', 'name has no visible character; say which player it is for.');
  return name;
}

function toView({ id, name, createdAt }: ApplicationPassword) {
  return { applicationPasswordId: id, name, createdAt: new Date(createdAt).toISOString() };
}
