import { type Doubt, mistrust } from '../../domain/subscription/known.ts';
import { isOver } from '../../store/subscription/subscription-record.ts';
import type { TellingContext } from './context.ts';
import { friendNoted } from './friend-line.ts';

/**
 * For a run that was overtaken while its event `late` about the subscriber `id` was on its way: the
 * sink may have got it after what another run has told. So it is told once more what holds now.
 */
export async function tellOnceMore(
  { stores, now }: TellingContext,
  subscription: string,
  id: string,
  late: Doubt,
): Promise<void> {
  for (;;) {
    const record = await stores.subscriptions.get(subscription);
    if (!record || isOver(record)) return;
    const { doubt } = await stores.sinkWork.told(subscription, id);
    // Where nobody has told anything else the same event is told again.
    if (doubt?.id === late.id) break;
    // Of another run that is still under way nothing may be noted over this.
    const fence = await stores.sinkWork.begin(subscription);
    const told = await stores.sinkWork.told(subscription, id);
    const unsure = { ...mistrust(told, late), since: told.since };
    if ((await stores.sinkWork.note(subscription, fence, id, unsure, friendNoted(late))) !== undefined) break;
  }
  await stores.sinkWork.ask(subscription, [id], now());
}
