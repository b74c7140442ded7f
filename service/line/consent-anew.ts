import { Fault } from '../../domain/fault.ts';
import type { ServiceContext } from '../context.ts';
import { changePrivacy } from '../friendship/privacy.ts';

/** Attempts before the changes of others are told to the caller. */
const ATTEMPTS = 3;

/** The subscriber is hidden until it says otherwise, as one who was just added under EARSHOT_CONSENT=subscriber; its other settings stay. @throws Fault as `changePrivacy` */
export async function askForConsent(context: ServiceContext, id: string): Promise<void> {
  const { privacies } = context.stores;
  for (let attempt = 1; ; attempt += 1) {
    // In this order: whatever changes in between has another version.
    const { privacy, version } = await privacies.read(id);
    const blocked = await privacies.blocked(id);
    try {
      return await changePrivacy(context, id, { ...privacy, discoverable: false }, blocked, version);
    } catch (err) {
      if (!(err instanceof Fault && err.code === 'FAILED_PRECONDITION') || attempt === ATTEMPTS) throw err;
    }
  }
}
