import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Fault } from '../../domain/fault.ts';
import {
  holdsMatch,
  holdsNoneMatch,
  type Named,
  type Present,
  quoted,
  readTags,
  tagOf,
  versionsOf,
} from './entity-tags.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * On a GET: reads what it shows; undefined when there is nothing. A conditional PUT, PATCH or
     * DELETE of the same path compares its tags with that.
     */
    shows?: (request: FastifyRequest) => Promise<unknown>;
    /** The route itself compares the version, in the step that writes. */
    compares?: true;
    /** On a GET: the answer has no ETag, as it is written while it is read, or says at which moment it was asked for. */
    untagged?: true;
    /** The answer to a change has the ETag of what is there now. */
    answersTag?: true;
    /** The answer has a Location. */
    answersPlace?: true;
    /** Set here: conditions are honoured. */
    conditional?: true;
  }
}

/**
 * Conditional requests (RFC 9110, section 13): every answer to a GET has an ETag, but for those of routes that are `untagged`, and If-Match and If-None-Match are honoured wherever they are
 * sent. Where no GET gives a tag none is equal to it; an asterisk stands for whatever is there.
 */
export function honourConditions(app: FastifyInstance): void {
  const shows = new Map<string, (request: FastifyRequest) => Promise<unknown>>();
  app.addHook('onRoute', (route) => {
    const { method, url, config } = route;
    route.config = { ...config, conditional: true };
    if (method === 'GET' && config?.shows) shows.set(url, config.shows);
  });
  app.addHook('preHandler', async (request) => {
    if (isSafe(request) || request.routeOptions.config.compares || !hasCondition(request)) return;
    const shown = shows.get(request.routeOptions.url ?? '');
    requireCondition(request, shown ? presentOf(await shown(request)) : '');
  });
  app.addHook('preSerialization', async (request, reply, payload) => {
    const isTagged = !request.routeOptions.config.untagged;
    if (isTagged && isSafe(request) && reply.statusCode === 200 && !reply.hasHeader('etag'))
      reply.header('etag', quoted(tagOf(payload)));
    return payload;
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const etag = reply.getHeader('etag');
    if (!isSafe(request) || reply.statusCode !== 200 || typeof etag !== 'string') return payload;
    const header = request.headers['if-none-match'];
    const named = header === undefined ? undefined : readTags(header);
    if (!named || holdsNoneMatch(named, etag.slice(1, -1))) return payload;
    reply.code(304).removeHeader('content-type');
    return null;
  });
}

/** What there is, when a GET would show this; undefined for nothing. */
export function presentOf(shown: unknown): Present {
  return shown === undefined ? undefined : tagOf(shown);
}

/** `compared`: what counts of the tags. @throws Fault FAILED_PRECONDITION, also for what is no entity tag */
export function requireCondition({ headers }: FastifyRequest, present: Present, compared = asGiven): void {
  requireOne('If-Match', headers['if-match'], (named) => holdsMatch(compared(named), present));
  requireOne('If-None-Match', headers['if-none-match'], (named) => holdsNoneMatch(compared(named), present));
}

function asGiven(named: Named): Named {
  return named;
}

function requireOne(field: string, header: string | undefined, holds: (named: Named) => boolean): void {
  if (header === undefined) return;
  const named = readTags(header);
  if (!named)
    throw new Fault(
      'FAILED_PRECONDITION',
      `${field} must be * or ETags that a GET gave, with their quotes, such as "3".`,
    );
  if (!holds(named))
    throw new Fault(
      'FAILED_PRECONDITION',
      `${field} does not hold for what is there now; read its ETag with GET and decide anew.`,
    );
}

/**
 * The version at which alone something may be changed, for a store that compares it; undefined when any will do. Version 0 is that of what nobody has
 * stored yet: `If-None-Match: *` lets the first one store it.
 * @throws Fault as requireCondition
 */
export async function expectedVersion(
  request: FastifyRequest,
  read: () => Promise<{ version: number }>,
): Promise<number | undefined> {
  if (!hasCondition(request)) return undefined;
  const { version } = await read();
  const first = request.headers['if-none-match']?.trim() === '*' && version === 0;
  if (!first) requireCondition(request, `${version}`, versionsOf);
  return version;
}

/** Whether the caller wants it done only in a certain state (RFC 9110, section 13). */
export function hasCondition({ headers }: FastifyRequest): boolean {
  return headers['if-match'] !== undefined || headers['if-none-match'] !== undefined;
}

function isSafe({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}
