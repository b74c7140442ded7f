import type { SmsWebhook } from '../runtime/config/login-config.ts';
import { signatureHeaders } from '../runtime/secret/webhook-signature.ts';

/** A code on its way to a phone. `id` is the same each time this code is sent; `expiresAt`: milliseconds since the epoch. */
export type TextMessage = { id: string; phoneNumber: string; code: string; expiresAt: number };

/** Milliseconds for an answer. */
const PATIENCE = 10_000;

/**
 * Hands the message to the operator's webhook, signed as Standard Webhooks (standardwebhooks.com, v1) asks. `now`: milliseconds since the epoch.
 * The status of the answer: any 2xx means that it was taken.
 */
export async function postMessage(
  webhook: SmsWebhook,
  text: string,
  message: TextMessage,
  now: number,
): Promise<number> {
  const { id, phoneNumber, code, expiresAt } = message;
  const body = JSON.stringify({
    id,
    phoneNumber,
    code,
    text: text.replaceAll('{code}', code),
    expiresAt: new Date(expiresAt).toISOString(),
  });
  const response = await fetch(webhook.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...signatureHeaders([webhook.secret], { id, time: now, body }),
    },
    body,
    // A number and its code go where the operator said, and nowhere else.
    redirect: 'manual',
    signal: AbortSignal.timeout(PATIENCE),
  });
  await response.body?.cancel();
  return response.status;
}
