import { expect } from 'chai';
import type { Stack } from '../../../local/stack/stack.ts';
import type { Api } from '../api.ts';
import { eventually } from '../eventually.ts';
import { workDone } from '../work.ts';

/** How many tunes Earshot has published, when nothing is left to be done; the component tells its metrics every two seconds. */
export async function publishes(stack: Stack, api: Api): Promise<number> {
  await workDone(stack);
  const metrics = async () => (await api.call('GET', '/metrics')).text;
  const told = (text: string) => /earshot_process_cpu_seconds_total\{role="component",[^}]*\} (\S+)/.exec(text)?.[1];
  const before = told(await metrics());
  expect(before, 'the component’s processor time').to.not.equal(undefined);
  const text = await eventually(async () => {
    const now = await metrics();
    expect(told(now), 'the component’s processor time').to.not.equal(before);
    return now;
  });
  const counts = [...text.matchAll(/earshot_tune_publishes_total\{[^}]*\} (\d+)/g)].map(([, count]) => Number(count));
  return counts.reduce((sum, count) => sum + count, 0);
}
