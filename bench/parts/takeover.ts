import { join } from 'node:path';
import type { Child } from '../../local/children/child.ts';
import { startProcess } from '../../local/processes.ts';
import { projectRoot } from '../../local/project-root.ts';
import type { Stack } from '../../local/stack/stack.ts';
import type { Stores } from '../../store/stores.ts';
import type { Api } from '../../test/support/api.ts';
import { eventually } from '../../test/support/eventually.ts';
import { type Row, timeRow } from '../report/rows.ts';
import { type Couple, makeCouple, until } from './consent.ts';

/** Goals: milliseconds. */
const TAKEOVER = {
  killed: { times: 20, goal: 5_000 },
  stopped: { times: 20, goal: 1_000 },
  hangs: { times: 5, goal: 5_000 },
} as const;

/**
 * How soon a component that stands by does the work of the active one. The active one is ended as many times as each row
 * says, and each time a new one stands by afterwards. `where`: what stands before each row. `hangs`: whether one that
 * hangs is measured as well.
 */
export async function takeover(
  deps: { stack: Stack; api: Api; stores: Stores },
  folder: string,
  say: (line: string) => void,
  { where = '', hangs = true } = {},
): Promise<Row[]> {
  const components = await createComponents(deps, folder);
  const couple = await makeCouple(deps);
  const rowOf = async (
    what: string,
    { times: count, goal }: { times: number; goal: number },
    end: (active: Child) => Promise<void> | void,
  ) => {
    const times: number[] = [];
    for (let i = 0; i < count; i += 1) {
      const active = components.active();
      times.push(await untilHeard(deps.api, couple, `${what} ${i}`, () => end(active)));
      await active.kill();
      await components.replaceActive();
    }
    return timeRow(
      `${where}The active component ${what} ${count} times: until the friend has a tune`,
      times,
      goal,
      say,
    );
  };
  try {
    const rows = [
      await rowOf('is killed', TAKEOVER.killed, (active) => active.kill()),
      await rowOf('is stopped', TAKEOVER.stopped, (active) => active.stop()),
    ];
    const hang = ({ pid }: Child) => void process.kill(pid, 'SIGSTOP');
    return hangs ? [...rows, await rowOf('hangs (SIGSTOP)', TAKEOVER.hangs, hang)] : rows;
  } finally {
    await couple.client.leave();
    await components.stop();
  }
}

/** Milliseconds from the end of the active component until the friend has what is played from then on. */
async function untilHeard(
  api: Api,
  { player, client }: Couple,
  title: string,
  end: () => Promise<void> | void,
): Promise<number> {
  await end();
  const start = performance.now();
  await api.play(player, { title, length: 3_600 });
  await until(`‘${title}’`, () => client.tunes.at(-1)?.tune.title === title);
  return performance.now() - start;
}

/** The stack's own component, which is ended first, and those that follow it. */
async function createComponents({ stack, stores }: { stack: Stack; stores: Stores }, folder: string) {
  const entry = join(projectRoot(), 'dist', 'component', 'main.js');
  let count = 0;
  const start = () => {
    count += 1;
    const logFile = join(folder, `component-${count}.log`);
    return startProcess({ role: 'component', env: stack.env, logFile, entry });
  };
  const standsBy = () =>
    eventually(async () => {
      const all = (await stores.statuses.all()).filter(({ role }) => role === 'component');
      if (!(await stores.statuses.component(stack.xmpp.domain))?.ready || !all.some(({ standby }) => standby))
        throw new Error('No component is active, or none stands by.');
    });
  let active: Child = stack.part('component');
  let other: Child = await start();
  await standsBy();
  return {
    active: () => active,
    async replaceActive(): Promise<void> {
      active = other;
      other = await start();
      await standsBy();
    },
    stop: async () => void (await Promise.all([active.stop(), other.stop()])),
  };
}
