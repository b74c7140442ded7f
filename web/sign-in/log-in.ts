import { callApi } from '../api/call.ts';
import { toProblem } from '../api/problem.ts';
import type { Login } from '../api/shapes.ts';
import { deviceName } from '../session/device-name.ts';
import type { Sent } from './send-code.ts';

/** Who had the number: nobody has said yet, oneself, or somebody else, of whom everything is erased. */
export type Existing = 'continue' | 'startAnew' | undefined;

/**
 * Signs in with a code: that of the newest message, or of one before, as messages overtake one another. `key`: the same
 * for the same try, so that an answer that was lost is had again. @throws Problem
 */
export async function logIn(
  { authenticationIds, place }: Sent,
  code: string,
  existing: Existing,
  key: string,
): Promise<Login> {
  let refused: unknown;
  for (const [at, authenticationId] of authenticationIds.entries())
    try {
      const body = { authenticationId, code, deviceName: deviceName(place), ...(existing ? { existing } : {}) };
      const headers = { 'idempotency-key': [key, authenticationIds.length - at, code, existing ?? ''].join('-') };
      return await (await callApi('POST', '/verification/validate-code', { body, headers })).json();
    } catch (err) {
      refused = err;
      if (toProblem(err).status !== 401) break;
    }
  throw refused;
}
