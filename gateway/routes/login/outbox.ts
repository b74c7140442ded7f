import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { mayActFor } from '../../../domain/access/grant.ts';
import { Fault } from '../../../domain/fault.ts';
import { unseal } from '../../../runtime/secret/sealing.ts';
import { readRecord } from '../../../store/base/record.ts';
import { carrierOf } from '../../access/auth.ts';
import type { Carrier } from '../../access/caller.ts';
import type { Context } from '../../context.ts';
import { notThere, problems } from '../../schemas/common.ts';
import { OutboxView } from '../../schemas/login.ts';

/** Codes that nothing sends, to be passed on by hand; who has ranges sees those of its own numbers. */
export function outboxRoutes({ stores, config }: Context): FastifyPluginAsyncTypebox {
  async function waiting(carrier: Carrier, id: string) {
    const found = await stores.verifications.undelivered(id);
    const message = found && unseal(config.secretsKey, id, found.message);
    if (!message) return [];
    const { phoneNumber, code } = readRecord<{ phoneNumber: string; code: string }>(message, 'a code');
    if (!mayActFor(carrier, phoneNumber)) return [];
    return [{ id, phoneNumber, code, expiresAt: new Date(found.expiresAt).toISOString() }];
  }

  return async (app) => {
    app.get(
      '/verification/outbox',
      {
        config: { access: { scope: 'verification:read' } },
        schema: {
          tags: ['login'],
          operationId: 'listWaitingCodes',
          summary: 'The codes that wait, the newest first, when no webhook sends them',
          response: { 200: OutboxView, ...notThere, ...problems },
        },
      },
      async (request, reply) => {
        const carrier = carrierOf(request);
        if (!config.verification.outbox)
          throw new Fault('NOT_FOUND', 'Codes go out through EARSHOT_SMS_WEBHOOK_URL; there is no outbox.');
        const codes = await Promise.all((await stores.verifications.waiting()).map((id) => waiting(carrier, id)));
        const newestFirst = codes.flat().sort((a, b) => b.expiresAt.localeCompare(a.expiresAt));
        return reply.header('cache-control', 'no-store').send({ codes: newestFirst });
      },
    );
  };
}
