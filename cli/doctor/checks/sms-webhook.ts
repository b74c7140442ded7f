import { type Check, fault, ok } from '../finding.ts';
import { reachUrl, reasonOf } from '../reach.ts';

/** Whether a connection to the SMS webhook can be made. Nothing is sent. */
export const smsWebhook: Check = {
  name: 'sms-webhook',
  async look({ worker, needs }) {
    if (!worker) return [];
    needs('EARSHOT_SMS_WEBHOOK_URL');
    if (!worker.sms.webhook) return [];
    try {
      await reachUrl(worker.sms.webhook.url);
      return ok('a connection to EARSHOT_SMS_WEBHOOK_URL can be made; nothing was sent');
    } catch (err) {
      return fault(
        `EARSHOT_SMS_WEBHOOK_URL cannot be reached from here (${reasonOf(err)}): nobody gets a code. Start what listens there, or mend the address`,
      );
    }
  },
};
