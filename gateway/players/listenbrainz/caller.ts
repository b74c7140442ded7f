import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { playerText } from '../../../domain/playing/player-tune.ts';
import { sourceOfToken } from '../../../service/player/player-sessions.ts';
import type { Source } from '../../../service/playing/playing.ts';
import type { Context } from '../../context.ts';
import { countCall, mayRead } from '../calls.ts';
import { ListenBrainzFault } from './fault.ts';

/** Who submits: the subscriber, and the devices of its token, whose names begin with `device`. */
export type Caller = Source;

/**
 * The subscriber whose token this is, or whose application password: people who have no app have no token. Undefined
 * when it is not, or no longer, valid.
 */
export async function callerOf(context: Context, token: string): Promise<Caller | undefined> {
  const { stores, now } = context;
  const id = (await stores.tokens.ownerOf(token, now()))?.id;
  if (id === undefined) return sourceOfToken(context, token);
  if (!(await stores.subscribers.get(id))) return undefined;
  return { id, device: `listenbrainz-${createHash('sha256').update(token).digest('hex').slice(0, 8)}` };
}

/**
 * The token of the header `Authorization: Token …`; undefined without the header. The scheme may be any word, as
 * listenbrainz-server takes it. @throws ListenBrainzFault 401 where no token follows the scheme
 */
export function tokenOf({ headers }: FastifyRequest): string | undefined {
  if (!headers.authorization) return undefined;
  const [, token] = /^\S+ +(\S+)/.exec(headers.authorization) ?? [];
  if (token === undefined) throw new ListenBrainzFault(401, 'Provided Authorization header is invalid.');
  return token;
}

/** @throws ListenBrainzFault 401, and 429 over the limit, which each answer tells in its headers */
export async function requireCaller(context: Context, request: FastifyRequest, reply: FastifyReply): Promise<Caller> {
  const token = tokenOf(request);
  if (token === undefined) throw new ListenBrainzFault(401, 'You need to provide an Authorization header.');
  const caller = await callerOf(context, token);
  if (!caller) throw new ListenBrainzFault(401, 'Invalid authorization token.');
  await count(context, caller, reply);
  if (request.method === 'POST' && !(await mayRead(context, caller.id, announcedLength(request)))) throw tooMany();
  return caller;
}

/** @throws ListenBrainzFault 429 */
export async function count(context: Context, { id }: Caller, reply: FastifyReply): Promise<void> {
  const { allowed, most, remaining, resetIn } = await countCall(context, id);
  reply.headers({
    'x-ratelimit-limit': `${most}`,
    'x-ratelimit-remaining': `${remaining}`,
    'x-ratelimit-reset-in': `${resetIn}`,
  });
  if (!allowed) throw tooMany();
}

function announcedLength({ headers }: FastifyRequest): number | undefined {
  if (headers['transfer-encoding'] !== undefined) return undefined;
  return Number(headers['content-length'] ?? 0);
}

function tooMany(): ListenBrainzFault {
  return new ListenBrainzFault(429, 'You have exceeded your rate limit. See the X-RateLimit-* response headers.');
}

/** The device of one client of the token, so that several clients can share it. */
export function deviceOf({ device }: Caller, client: unknown): string {
  const name = playerText(client, 24)
    ?.toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return name ? `${device}-${name}` : device;
}
