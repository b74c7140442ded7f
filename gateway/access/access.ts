import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Scope } from '../../domain/access/scope.ts';
import { Fault } from '../../domain/fault.ts';
import type { Caller } from './caller.ts';

/** Who may call a route: credentials with the scope and, with `self`, subscribers about themselves. */
export type Access = { scope: Scope; self?: true };

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
}

/**
 * Refuses a route of `app` that does not declare who may call it, and writes what it declares into
 * the API's description.
 */
export function requireDeclaredAccess(app: FastifyInstance): void {
  app.addHook('onRoute', ({ method, url, config, schema }) => {
    const access = config?.access;
    if (!access) throw new Error(`${method} ${url} does not say who may call it: give it config.access.`);
    if (schema)
      schema.security = [
        { apiKey: [access.scope] },
        { accessToken: [access.scope] },
        ...(access.self ? [{ subscriber: [] }] : []),
      ];
  });
}

/**
 * Whether the caller's scopes are enough; a subscriber has none, and may call what is open to
 * `self`. Whose resource it is comes later (`subscriberOf`).
 */
export function mayCall(caller: Caller, access: Access | undefined): boolean {
  if (!access) return false;
  return caller.kind === 'subscriber' ? access.self === true : caller.scopes.includes(access.scope);
}

/** @throws Fault PERMISSION_DENIED when the caller may not call this route; runs before the body is read (RFC 6750, section 3.1). */
export function requireAccess(request: FastifyRequest, reply: FastifyReply): void {
  const { caller } = request;
  const { access } = request.routeOptions.config;
  if (caller && mayCall(caller, access)) return;
  if (caller?.kind === 'subscriber')
    throw new Fault(
      'PERMISSION_DENIED',
      'This call takes an operator’s or a carrier’s credential, not a subscriber’s token.',
    );
  reply.header('www-authenticate', `Bearer error="insufficient_scope", scope="${access?.scope}"`);
  throw new Fault('PERMISSION_DENIED', `The credential lacks the scope ${access?.scope}; ask the operator for it.`);
}
