import { callApi } from '../api/call.ts';
import type { Place } from '../session/storage.ts';

/** Codes that are on their way to a number, the newest first. */
export type Sent = { phoneNumber: string; authenticationIds: readonly string[]; place: Place };

/** Has a code sent to the number; what comes back goes with the code. @throws Problem */
export async function sendCode(phoneNumber: string): Promise<string> {
  const answer = await callApi('POST', '/verification/send-code', { body: { phoneNumber } });
  return ((await answer.json()) as { authenticationId: string }).authenticationId;
}
