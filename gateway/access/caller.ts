import type { FastifyRequest } from 'fastify';
import type { Grant } from '../../domain/access/grant.ts';

/**
 * An operator or a carrier: a program that acts for others. `id`: the credential's, or `operator` for the configured key. `home`:
 * the host at which it has accounts made, where the credential says so; `expiresAt`: when the credential ends, if it does; `createdAt`: when it
 * was made, and none for the configured key.
 */
export type Carrier = Grant & {
  kind: 'operator' | 'key' | 'oauth';
  id: string;
  createdAt?: number;
  home?: string;
  expiresAt?: number;
};

/** Who calls. A subscriber, with a token, acts for itself only; `id` is the subscriber's, `tokenId` undefined while it logs in. */
export type Caller = Carrier | { kind: 'subscriber'; id: string; tokenId: string | undefined };

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | undefined;
  }
}

/**
 * Makes the subscriber the caller of a request that came without a credential and has logged it in.
 * The audit entry then stands in the subscriber's own trail, out of which no stranger's calls can
 * push it.
 */
export function becomeCaller(request: FastifyRequest, { id }: { id: string }): void {
  request.caller = { kind: 'subscriber', id, tokenId: undefined };
  request.subject = id;
}
