import { DelayedError, type Job } from 'bullmq';
import type { WorkerConfig } from '../runtime/config/worker-config.ts';
import type { QueueWork } from '../runtime/queue/queue-worker.ts';
import { unseal } from '../runtime/secret/sealing.ts';
import { readRecord } from '../store/base/record.ts';
import type { Context } from './context.ts';
import { postMessage } from './sms-webhook.ts';

/** Milliseconds until the second attempt; each further pause is twice as long, until the sweep, every ten seconds, is quicker. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

/**
 * The `verification` job: sends a code until the webhook has taken it or the code has expired. Without a
 * webhook the code waits in the outbox.
 */
export function createSendCodeJob(
  context: Context,
  { secretsKey, sms }: Pick<WorkerConfig, 'secretsKey' | 'sms'>,
): QueueWork {
  const { stores, log, now } = context;
  const { webhook, text } = sms;

  return async (id, job, token) => {
    const found = await stores.verifications.undelivered(id);
    if (!found) return stores.due.settle('verification', id, [stores.keys.verification(id)]);
    const { message, expiresAt } = found;
    if (!webhook) {
      log.info({ verification: id }, 'a code waits: GET /v1/verification/outbox shows it');
      return stores.due.postpone('verification', id, expiresAt);
    }
    const opened = unseal(secretsKey, id, message);
    if (opened === undefined) throw new Error('The EARSHOT_SECRETS_KEY of gateway and worker differ.');
    const { phoneNumber, code } = readRecord<{ phoneNumber: string; code: string }>(opened, 'a code');
    const taken = await attempt(context, () => postMessage(webhook, text, { id, phoneNumber, code, expiresAt }, now()));
    if (!taken) return putOff(job, token, now());
    await stores.verifications.delivered(id);
  };
}

/** Whether the webhook took it; what went wrong is logged without what was sent. */
async function attempt({ metrics, log }: Context, post: () => Promise<number>): Promise<boolean> {
  const status = await post().catch((err: unknown) => {
    log.warn({ err }, 'the SMS webhook does not answer');
    return undefined;
  });
  const taken = status !== undefined && status >= 200 && status < 300;
  metrics.codes.inc({ outcome: taken ? 'taken' : 'failed' });
  if (!taken && status !== undefined) log.warn({ status }, 'the SMS webhook does not take a code');
  return taken;
}

async function putOff(job: Job, token: string, now: number): Promise<never> {
  await job.moveToDelayed(now + Math.min(FIRST_PAUSE * 2 ** (job.attemptsStarted - 1), LONGEST_PAUSE), token);
  throw new DelayedError();
}
