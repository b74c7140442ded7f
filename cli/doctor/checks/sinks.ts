import { isOver, type Subscription } from '../../../store/subscription/subscription-record.ts';
import { type Check, type Finding, ok, warning } from '../finding.ts';

/** Whether sinks of subscriptions take their events. Nothing where nobody has subscribed. */
export const sinks: Check = {
  name: 'subscriptions',
  async look({ opened }) {
    const { stores } = await opened();
    let broken = 0;
    const all = await stores.subscriptions.list(() => {
      broken += 1;
    });
    return judge(all, broken);
  },
};

/** `broken`: how many records cannot be read. Of a sink its host is told only: the rest of its address may be a secret. */
export function judge(all: readonly Subscription[], broken: number): Finding[] {
  const living = all.filter((one) => !isOver(one));
  if (living.length + broken === 0) return [];
  const paused = living.filter(({ status }) => status === 'INACTIVE');
  const found = [
    ...paused.map(({ id, sink }) =>
      warning(
        `the sink of subscription ${id}, at ${new URL(sink).host}, has taken nothing for a day: it is tried once an hour, and ended a month after its first failure; ask its carrier, and whether a worker gets there (EARSHOT_SINK_ALLOW, proxies, firewalls)`,
      ),
    ),
    ...(broken > 0
      ? [warning(`the records of ${broken} subscriptions cannot be read: nobody is told by them; have them made anew`)]
      : []),
  ];
  return found.length > 0 ? found : [ok(`subscriptions: ${living.length}, none of them paused`)];
}
