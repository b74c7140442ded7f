import { setTimeout as delay } from 'node:timers/promises';

import type { Exit } from '../children/child.ts';
import type { Stack } from './stack.ts';
import type { PartName } from './stack-plan.ts';

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 10_000;
const STEADY_AFTER_MS = 60_000;

/** What supervision needs of a stack. */
export type SupervisedStack = Pick<Stack, 'part' | 'parts' | 'restart' | 'stopping'>;

/** Starts a part again whenever it ends by itself, until the stack is stopped. `say` gets one line for each end and failure. */
export function superviseStack(stack: SupervisedStack, say: (line: string) => void): void {
  for (const name of stack.parts) void watch(stack, name, say);
}

/** How long to wait before the next start: longer with each failure in a row. */
export function backoffMs(failures: number): number {
  return Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 1), LONGEST_BACKOFF_MS);
}

/** What is said of a part that ended by itself; from the second time in a row with the reason why the pauses grow. */
export function endLine(name: string, exit: Exit, failures: number): string {
  const [often, so] = failures > 1 ? [`, ${failures} times in a row`, 'so '] : ['', ''];
  return `${name} ended by itself (${describe(exit)})${often}; ${so}starting it again in ${backoffMs(failures) / 1000} s.`;
}

async function watch(stack: SupervisedStack, name: PartName, say: (line: string) => void): Promise<void> {
  let failures = 0;
  for (;;) {
    const since = Date.now();
    const child = stack.part(name);
    const exit = await child.exited;
    if (stack.stopping()) return;
    failures = Date.now() - since > STEADY_AFTER_MS ? 1 : failures + 1;
    const pause = backoffMs(failures);
    say(endLine(child.name, exit, failures));
    await delay(pause);
    if (stack.stopping()) return;
    await stack.restart(name).catch((error: Error) => say(`${child.name} did not start: ${error.message}`));
  }
}

function describe({ code, signal }: Exit): string {
  return signal ?? `exit code ${code}`;
}
