import type { FastifyRequest } from 'fastify';
import { Fault } from '../domain/fault.ts';

/**
 * The version that If-Match asks for (RFC 9110, section 13.1.1); undefined when any will do.
 * @throws Fault FAILED_PRECONDITION for what was never an ETag.
 */
export function ifMatch(request: FastifyRequest): number | undefined {
  const header = request.headers['if-match']?.trim();
  if (header === undefined || header === '*') return undefined;
  const [, version] = /^"(\d{1,15})"$/.exec(header) ?? [];
  if (version === undefined)
    throw new Fault('FAILED_PRECONDITION', 'If-Match must be the ETag that a GET gave, such as "3".');
  return Number(version);
}

export function etagOf(version: number): string {
  return `"${version}"`;
}
