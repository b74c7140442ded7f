import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Fault } from '../../../domain/fault.ts';
import { createApplicationPassword, revokeApplicationPassword } from '../../../service/player/application-passwords.ts';
import { WEBHOOK_PATH } from '../../../service/player/player-addresses.ts';
import type { ApplicationPassword } from '../../../store/login/application-passwords.ts';
import { subscriberOf } from '../../access/auth.ts';
import type { Context } from '../../context.ts';
import { Empty, problems, SubscriberParams } from '../../schemas/common.ts';
import {
  ApplicationPasswordList,
  ApplicationPasswordParams,
  CreatedApplicationPassword,
  NewApplicationPassword,
} from '../../schemas/players.ts';

const PATH = '/subscribers/:subscriberId/application-passwords';
const tags = ['players'];
const config = { access: { scope: 'tokens:write', self: true } } as const;

/** Passwords with which a subscriber's players say what plays, and do nothing else. */
export function applicationPasswordRoutes(context: Context): FastifyPluginAsyncTypebox {
  const { stores } = context;

  async function list(request: FastifyRequest) {
    const { id } = await subscriberOf(request, stores);
    return { applicationPasswords: (await stores.applicationPasswords.list(id)).map(toView) };
  }

  return async (app) => {
    app.post(
      PATH,
      {
        config,
        schema: {
          tags,
          operationId: 'createApplicationPassword',
          summary: 'Create a password for one player',
          params: SubscriberParams,
          body: NewApplicationPassword,
          response: { 201: CreatedApplicationPassword, ...problems },
        },
      },
      async (request, reply) => {
        const { id } = await subscriberOf(request, stores);
        const { kept, password, webhook } = await createApplicationPassword(context, id, request.body.name);
        return reply
          .code(201)
          .header('cache-control', 'no-store')
          .send({ ...toView(kept), username: id, password, webhookPath: WEBHOOK_PATH + webhook });
      },
    );

    app.get(
      PATH,
      {
        config: { ...config, shows: list },
        schema: {
          tags,
          operationId: 'listApplicationPasswords',
          summary: 'The passwords of a subscriber’s players',
          params: SubscriberParams,
          response: { 200: ApplicationPasswordList, ...problems },
        },
      },
      list,
    );

    app.delete(
      `${PATH}/:applicationPasswordId`,
      {
        config,
        schema: {
          tags,
          operationId: 'revokeApplicationPassword',
          summary: 'Revoke a password, at once; what its player plays stops',
          params: ApplicationPasswordParams,
          response: { 204: Empty, ...problems },
        },
      },
      async (request, reply) => {
        const { id } = await subscriberOf(request, stores);
        if (!(await revokeApplicationPassword(context, id, request.params.applicationPasswordId)))
          throw new Fault('NOT_FOUND', 'There is no such application password; GET lists them.');
        return reply.code(204).send(null);
      },
    );
  };
}

function toView({ id, name, createdAt }: ApplicationPassword) {
  return { applicationPasswordId: id, name, createdAt: new Date(createdAt).toISOString() };
}
