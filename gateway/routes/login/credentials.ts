import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { covers } from '../../../domain/access/grant.ts';
import type { Homes } from '../../../domain/account/homes.ts';
import { prepareDomain } from '../../../domain/account/jid.ts';
import { Fault } from '../../../domain/fault.ts';
import { readMoment } from '../../../domain/moment.ts';
import { cleanText } from '../../../domain/text.ts';
import { type Credential, isAlive } from '../../../store/login/credentials.ts';
import { streamName } from '../../../store/subscription/subscription-record.ts';
import { carrierOf } from '../../access/auth.ts';
import type { Carrier } from '../../access/caller.ts';
import type { Context } from '../../context.ts';
import { Empty, problems } from '../../schemas/common.ts';
import {
  CredentialList,
  CredentialParams,
  CredentialWithKey,
  NewCredential,
  Rotation,
} from '../../schemas/credentials.ts';

const tags = ['credentials'];
const config = { access: { scope: 'credentials:write' } } as const;
/** Seconds that a key lives on beside the one that replaces it. */
const GRACE = 86_400;

/** Carriers' credentials. Nobody gives out more than is theirs, nor gets at a credential that may do more. */
export function credentialRoutes({ stores, config: { homes }, now }: Context): FastifyPluginAsyncTypebox {
  const { credentials, events } = stores;

  async function within(carrier: Carrier, id: string): Promise<Credential> {
    const credential = await credentials.get(id);
    if (!credential || !covers(carrier, credential)) throw new Fault('NOT_FOUND', 'There is no such credential.');
    return credential;
  }

  async function list(request: FastifyRequest) {
    const carrier = carrierOf(request);
    const visible = (await credentials.list()).filter(({ credential }) => covers(carrier, credential));
    return { credentials: visible.map(({ credential, lastUsedAt }) => toView(credential, now(), lastUsedAt)) };
  }

  return async (app) => {
    app.post(
      '/credentials',
      {
        config,
        schema: {
          tags,
          operationId: 'createCredential',
          summary: 'Create a credential: an API key, or the registration of an OAuth client',
          body: NewCredential,
          response: { 201: CredentialWithKey, ...problems },
        },
      },
      async (request, reply) => {
        const { name, scopes, ranges = [], clientId, expiresAt } = request.body;
        const carrier = carrierOf(request);
        const home = request.body.home === undefined ? carrier.home : toHome(request.body.home, homes);
        const end = expiresAt === undefined ? carrier.expiresAt : toFuture(expiresAt, now());
        const wanted = {
          ...{ scopes, ranges },
          ...(home === undefined ? {} : { home }),
          ...(end === undefined ? {} : { expiresAt: end }),
        };
        if (!covers(carrier, wanted))
          throw new Fault(
            'PERMISSION_DENIED',
            'A credential gives out its own scopes, ranges and home only, until it expires itself, or less.',
          );
        const created = await credentials.create(
          {
            ...wanted,
            name: toName(name),
            ...(clientId === undefined ? {} : { clientId }),
          },
          now(),
        );
        if (created === 'taken')
          throw new Fault('ALREADY_EXISTS', 'This OAuth client has a credential; revoke that one first.');
        return reply.code(201).send(withKey(created, now()));
      },
    );

    app.get(
      '/credentials',
      {
        config: { ...config, shows: list },
        schema: {
          tags,
          operationId: 'listCredentials',
          summary: 'All credentials, also expired and revoked ones',
          response: { 200: CredentialList, ...problems },
        },
      },
      list,
    );

    app.post(
      '/credentials/:credentialId/rotate',
      {
        config,
        schema: {
          tags,
          operationId: 'rotateCredential',
          summary: 'A new API key; the one before lives on for a while',
          params: CredentialParams,
          body: Rotation,
          response: { 200: CredentialWithKey, ...problems },
        },
      },
      async (request) => {
        const { id } = await within(carrierOf(request), request.params.credentialId);
        const rotated = await credentials.rotate(id, (request.body.graceSeconds ?? GRACE) * 1000, now());
        if (!rotated)
          throw new Fault('CONFLICT', 'Only an API key that is neither expired nor revoked can be rotated.');
        return withKey(rotated, now());
      },
    );

    app.delete(
      '/credentials/:credentialId',
      {
        config,
        schema: {
          tags,
          operationId: 'revokeCredential',
          summary: 'Revoke a credential, at once',
          params: CredentialParams,
          response: { 204: Empty, ...problems },
        },
      },
      async (request, reply) => {
        const { id } = await within(carrierOf(request), request.params.credentialId);
        await credentials.revoke(id, now());
        // Whoever is connected for it ends now, and not at the next heartbeat.
        await events.tell(streamName(id), { what: 'stream' });
        return reply.code(204).send(null);
      },
    );
  };
}

function toName(text: string): string {
  const name = cleanText(text);
  if (name === '') throw new Fault('INVALID_ARGUMENT', 'name has no visible character.');
  return name;
}

function toHome(text: string, homes: Homes): string {
  const host = prepareDomain(text);
  if (host !== undefined && homes.some((home) => home.host === host)) return host;
  throw new Fault(
    'INVALID_ARGUMENT',
    homes.length > 1
      ? `home must be one of ${homes.map((home) => home.host).join(', ')}.`
      : `home is for where several XMPP hosts are served, and here ${homes[0].host} is the only one: leave home out.`,
  );
}

function toFuture(text: string, now: number): number {
  const time = readMoment(text);
  if (time === undefined || time <= now)
    throw new Fault('INVALID_ARGUMENT', 'expiresAt must be a time to come, in RFC 3339.');
  return time;
}

function withKey({ credential, key }: { credential: Credential; key?: string }, now: number) {
  return { ...toView(credential, now), ...(key === undefined ? {} : { key }) };
}

function toView(credential: Credential, now: number, lastUsedAt?: number) {
  const { id, kind, name, clientId, home, scopes, ranges, createdAt, expiresAt, revokedAt } = credential;
  const state = revokedAt !== undefined ? 'revoked' : isAlive(credential, now) ? 'active' : 'expired';
  return {
    credentialId: id,
    kind,
    name,
    ...(clientId === undefined ? {} : { clientId }),
    ...(home === undefined ? {} : { home }),
    scopes: [...scopes],
    ranges: [...ranges],
    state: state as 'active' | 'expired' | 'revoked',
    createdAt: toTime(createdAt),
    ...(expiresAt === undefined ? {} : { expiresAt: toTime(expiresAt) }),
    ...(revokedAt === undefined ? {} : { revokedAt: toTime(revokedAt) }),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt: toTime(lastUsedAt) }),
  };
}

function toTime(time: number): string {
  return new Date(time).toISOString();
}
