import type { Stack } from '../../local/stack/stack.ts';
import type { Stores } from '../../store/stores.ts';
import type { Api } from '../../test/support/api.ts';
import { toldRedis } from '../../test/support/measure/redis-log.ts';
import { workDone } from '../../test/support/work.ts';
import { median } from '../median.ts';
import type { Row } from '../report/rows.ts';
import { makeCouple, until } from './consent.ts';

const STEPS = { before: 10, tunes: 11, goals: { commands: 10, steps: 4 } } as const;

/** What Redis is told for one tune: `test/system/playing/steps.test.ts` holds it to less, and to one step before the stanza. */
export async function steps(
  deps: { stack: Stack; dataDir: string; api: Api; stores: Stores },
  say: (line: string) => void,
): Promise<Row[]> {
  const { stack, dataDir, api } = deps;
  const { player, client } = await makeCouple(deps);
  const play = async (title: string) => {
    await api.play(player, { title, length: 300 });
    await until(`‘${title}’`, () => client.tunes.at(-1)?.tune.title === title);
    await workDone(stack);
  };
  // What follows from becoming friends, and what the worker does by itself, is not counted.
  for (let i = 0; i < STEPS.before; i += 1) await play(`Before ${i}`);
  await stack.part('worker').stop();
  const commands: number[] = [];
  const durable: number[] = [];
  for (let i = 0; i < STEPS.tunes; i += 1) {
    const told = await toldRedis({ ...stack, dataDir }, () => play(`Step ${i}`));
    commands.push(told.commands.length);
    durable.push(told.steps.length);
  }
  await client.leave();
  await stack.restart('worker');
  say(`Commands for one tune: ${commands.join(', ')}; steps: ${durable.join(', ')}`);
  return [
    rowOf(
      'Commands to Redis for one tune, from the call until nothing is left to be done',
      commands,
      STEPS.goals.commands,
    ),
    rowOf('Of these, steps that wait for the disk (`appendfsync always`)', durable, STEPS.goals.steps),
  ];
}

function rowOf(what: string, counts: readonly number[], goal: number): Row {
  const measured = median(counts);
  return { what, measured: `${measured}`, goal: `at most ${goal}`, met: measured <= goal };
}
