import type { Fence } from '../../store/base/fence.ts';
import { isOver, type Subscription } from '../../store/subscription/subscription-record.ts';
import { walk } from './baseline.ts';
import type { TellingContext } from './context.ts';
import type { Look } from './look.ts';

/** Looks at everybody once, after which the subscription has begun. False where it is over, or another run has begun, or the process ends. */
export async function activate(
  context: TellingContext,
  { subscription, fence }: { subscription: Subscription; fence: Fence },
  look: Look,
): Promise<boolean> {
  const { stores } = context;
  // Whoever made the subscription may have died before.
  await stores.watched.begin(subscription.id);
  const present = await stores.subscriptions.get(subscription.id);
  if (!present || isOver(present)) {
    // This run stood still meanwhile, and nobody would take it out again.
    await stores.watched.end(subscription.id);
    return false;
  }
  if (!(await walk(context, { subscription, fence }, look))) return false;
  await stores.subscriptions.change(subscription.id, (one) =>
    one.status === 'ACTIVATION_REQUESTED' ? { ...one, status: 'ACTIVE' } : undefined,
  );
  return true;
}
