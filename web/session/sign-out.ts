import type { Call } from '../api/call.ts';
import type { Device } from '../api/shapes.ts';

/**
 * Revokes the token that `call` uses. One that is gone already, or a service that is away, keeps nobody from signing out: the browser forgets
 * the token in any case.
 */
export async function signOut(call: Call): Promise<void> {
  try {
    const { tokens } = (await (await call('GET', '/tokens')).json()) as { tokens: Device[] };
    const own = tokens.find(({ current }) => current);
    if (own) await call('DELETE', `/tokens/${own.tokenId}`);
  } catch {}
}
