import { createHmac } from 'node:crypto';

/** What is signed: the message's id, which is the same each time it is sent, the time in milliseconds since the epoch, and the body. */
export type Signed = { id: string; time: number; body: string };

/**
 * The headers by which a receiver knows whose message it is, as Standard Webhooks 1.0 has them
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md). Of several secrets, as while one is
 * replaced, each signs: a receiver takes what one of them has signed.
 */
export function signatureHeaders(secrets: readonly Buffer[], { id, time, body }: Signed): Record<string, string> {
  const timestamp = `${Math.floor(time / 1000)}`;
  const text = `${id}.${timestamp}.${body}`;
  const signatures = secrets.map((secret) => `v1,${createHmac('sha256', secret).update(text).digest('base64')}`);
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
