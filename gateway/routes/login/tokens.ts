import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Fault } from '../../../domain/fault.ts';
import { issueToken, toDeviceName } from '../../../service/login/login.ts';
import { revokeToken, revokeTokens } from '../../../service/login/revoking.ts';
import type { Device } from '../../../store/login/tokens.ts';
import { subscriberOf } from '../../access/auth.ts';
import type { Context } from '../../context.ts';
import { Empty, problems, SubscriberParams } from '../../schemas/common.ts';
import { NewToken, TokenList, TokenParams, TokenView } from '../../schemas/login.ts';

const tags = ['tokens'];

/** Subscribers' tokens, one for each device. */
export function tokenRoutes(context: Context): FastifyPluginAsyncTypebox {
  const { stores, now } = context;

  async function list(request: FastifyRequest) {
    const { id } = await subscriberOf(request, stores);
    const own = request.caller?.kind === 'subscriber' ? request.caller.tokenId : undefined;
    return { tokens: (await stores.tokens.list(id, now())).map((device) => toView(device, own)) };
  }

  return async (app) => {
    app.post(
      '/subscribers/:subscriberId/tokens',
      {
        config: { access: { scope: 'tokens:write' } },
        schema: {
          tags,
          operationId: 'issueToken',
          summary: 'Issue a token with which the subscriber calls for itself',
          params: SubscriberParams,
          body: NewToken,
          response: { 201: TokenView, ...problems },
        },
      },
      async (request, reply) => {
        const { id } = await subscriberOf(request, stores);
        const issued = await issueToken(context, id, toDeviceName(request.body?.deviceName));
        return reply
          .code(201)
          .header('cache-control', 'no-store')
          .send({ ...issued, expiresAt: new Date(issued.expiresAt).toISOString() });
      },
    );

    app.get(
      '/subscribers/:subscriberId/tokens',
      {
        config: { access: { scope: 'tokens:read', self: true }, shows: list },
        schema: {
          tags,
          operationId: 'listTokens',
          summary: 'The tokens of a subscriber’s devices',
          params: SubscriberParams,
          response: { 200: TokenList, ...problems },
        },
      },
      list,
    );

    app.delete(
      '/subscribers/:subscriberId/tokens/:tokenId',
      {
        config: { access: { scope: 'tokens:write', self: true }, withdraws: true },
        schema: {
          tags,
          operationId: 'revokeToken',
          summary: 'Revoke one token',
          params: TokenParams,
          response: { 204: Empty, ...problems },
        },
      },
      async (request, reply) => {
        const { id } = await subscriberOf(request, stores);
        if (!(await revokeToken(context, id, request.params.tokenId)))
          throw new Fault('NOT_FOUND', 'The subscriber has no such token; GET …/tokens lists them.');
        return reply.code(204).send(null);
      },
    );

    app.delete(
      '/subscribers/:subscriberId/tokens',
      {
        config: { access: { scope: 'tokens:write', self: true }, withdraws: true },
        schema: {
          tags,
          operationId: 'revokeAllTokens',
          summary: 'Revoke every token, also the one that this call is made with',
          params: SubscriberParams,
          response: { 204: Empty, ...problems },
        },
      },
      async (request, reply) => {
        const { id } = await subscriberOf(request, stores);
        await revokeTokens(context, id);
        return reply.code(204).send(null);
      },
    );
  };
}

function toView({ tokenId, deviceName, createdAt, usedAt, expiresAt }: Device, own: string | undefined) {
  return {
    tokenId,
    deviceName: deviceName ?? null,
    createdAt: new Date(createdAt).toISOString(),
    lastUsedAt: usedAt === undefined ? null : new Date(usedAt).toISOString(),
    expiresAt: new Date(expiresAt).toISOString(),
    current: tokenId === own,
  };
}
