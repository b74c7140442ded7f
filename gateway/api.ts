import type { FastifyPluginAsync } from 'fastify';
import { keepAudit } from './access/audit.ts';
import { authenticate } from './access/auth.ts';
import { honourIdempotencyKeys } from './access/idempotent.ts';
import type { Identify } from './access/identify.ts';
import type { Limit } from './access/limits.ts';
import { acceptGzip } from './body/gzip-body.ts';
import { limitLongCalls } from './connection/long-calls.ts';
import type { Context } from './context.ts';
import { honourConditions } from './http/conditions.ts';
import type { InTurn } from './imports/giving-way.ts';
import { addressBookRoutes } from './routes/address-book.ts';
import { addressBookChangesRoutes } from './routes/address-book-changes.ts';
import { auditRoutes } from './routes/audit.ts';
import { eventRoutes } from './routes/events.ts';
import { exportRoutes } from './routes/export.ts';
import { friendRoutes } from './routes/friends.ts';
import { importRoutes } from './routes/imports.ts';
import { lineEventRoutes } from './routes/line-events.ts';
import { accountPasswordRoutes } from './routes/login/account-password.ts';
import { applicationPasswordRoutes } from './routes/login/application-passwords.ts';
import { assertionRoutes } from './routes/login/assertions.ts';
import { credentialRoutes } from './routes/login/credentials.ts';
import { outboxRoutes } from './routes/login/outbox.ts';
import { tokenRoutes } from './routes/login/tokens.ts';
import { verificationRoutes } from './routes/login/verification.ts';
import { manyTunesRoutes } from './routes/many-tunes.ts';
import { nowPlayingRoutes } from './routes/now-playing.ts';
import { numberRoutes } from './routes/numbers.ts';
import { pictureRoutes } from './routes/pictures.ts';
import { popularRoutes } from './routes/popular.ts';
import { privacyRoutes } from './routes/privacy.ts';
import { reconciliationRoutes } from './routes/reconciliations.ts';
import { sourceRoutes } from './routes/sources.ts';
import { subscriberListRoutes } from './routes/subscriber-list.ts';
import { subscriberRoutes } from './routes/subscribers.ts';
import { subscriptionRoutes } from './routes/subscriptions.ts';

/** The routes for those who bring a key or a token. `inTurn`: how imports give way; `closing`: aborts when the gateway stops. */
export function apiRoutes(
  context: Context,
  identify: Identify,
  limit: Limit,
  { inTurn, closing }: { inTurn: InTurn; closing: AbortSignal },
): FastifyPluginAsync {
  return async (v1) => {
    authenticate(v1, identify, limit);
    limitLongCalls(v1);
    acceptGzip(v1);
    honourIdempotencyKeys(v1, context);
    honourConditions(v1);
    keepAudit(v1, context);
    await v1.register(subscriberRoutes(context));
    await v1.register(subscriberListRoutes(context));
    await v1.register(numberRoutes(context));
    await v1.register(lineEventRoutes(context));
    await v1.register(credentialRoutes(context));
    await v1.register(subscriptionRoutes(context));
    await v1.register(eventRoutes(context, closing));
    await v1.register(auditRoutes(context));
    await v1.register(importRoutes(context, inTurn));
    await v1.register(reconciliationRoutes(context));
    await v1.register(tokenRoutes(context));
    await v1.register(accountPasswordRoutes(context));
    await v1.register(outboxRoutes(context));
    if (context.config.players === 'on') await v1.register(applicationPasswordRoutes(context));
    await v1.register(exportRoutes(context));
    await v1.register(addressBookRoutes(context));
    await v1.register(addressBookChangesRoutes(context));
    await v1.register(sourceRoutes(context));
    await v1.register(nowPlayingRoutes(context));
    await v1.register(manyTunesRoutes(context));
    await v1.register(privacyRoutes(context));
    await v1.register(friendRoutes(context, closing));
    await v1.register(pictureRoutes(context));
    await v1.register(popularRoutes(context));
  };
}

/** The routes by which somebody gets a token, and so brings none. */
export function loginRoutes(context: Context, limit: Limit): FastifyPluginAsync {
  return async (login) => {
    login.decorateRequest('caller', undefined);
    login.addHook('onRequest', limit);
    acceptGzip(login);
    honourIdempotencyKeys(login, context);
    honourConditions(login);
    keepAudit(login, context);
    await login.register(verificationRoutes(context));
    await login.register(assertionRoutes(context));
  };
}
