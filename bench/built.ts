import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PlanOptions } from '../local/stack/stack-plan.ts';

/** The processes as `npm start` runs them: from the build, which `npm run bench` brings up to date first. */
export function builtProcesses(): NonNullable<PlanOptions['entries']> {
  const entryOf = (role: string) => fileURLToPath(new URL(`../dist/${role}/main.js`, import.meta.url));
  const entries = {
    component: entryOf('component'),
    gateway: entryOf('gateway'),
    worker: entryOf('worker'),
    sip: entryOf('sip'),
  };
  const missing = Object.values(entries).find((entry) => !existsSync(entry));
  if (missing !== undefined) throw new Error(`${missing} is missing: run \`npm run bench\`, which builds it.`);
  return entries;
}
