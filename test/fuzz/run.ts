import { NO_LIMITS, watchStalls } from '../support/stalls/stalls.ts';
import { openComponentWorld } from './component-world.ts';
import { COUNT_SETTINGS, countSurface } from './counts.ts';
import { httpSurface } from './http.ts';
import { outgoingTextSurface } from './outgoing-text.ts';
import { phoneFieldSurface } from './phone-fields.ts';
import type { ProcessWatch } from './process-watch.ts';
import { readerSurfaces } from './readers.ts';
import { stallSurface } from './stalls.ts';
import { brokenXmlSurface, stanzaSurface } from './stanzas.ts';
import type { Outcome, Surface } from './surface.ts';
import { tokenSurface } from './tokens.ts';
import { wireSurface } from './wire.ts';
import { openWorld } from './world.ts';

/** What can be fuzzed by itself. */
export const PARTS = ['readers', 'gateway', 'stalls', 'counts', 'component'] as const;
export type Part = (typeof PARTS)[number];

/** `length`: of which run the numbers of inputs are; `say` takes a line for each surface. */
export type Run = { seed: number; length: keyof Surface['inputs']; say(line: string): void };

/** Part of the inputs after which a process has its working size. */
const WARM_UP = 0.2;

/** Fuzzes one part on servers of its own. How many inputs that were, and what was found. */
export async function fuzz(part: Part, run: Run): Promise<{ inputs: number; findings: string[] }> {
  const { surfaces, watches, stop } = await open(part);
  const findings: string[] = [];
  let inputs = 0;
  try {
    for (const surface of surfaces) {
      const count = surface.inputs[run.length];
      inputs += count;
      findings.push(...(await feed(surface, count, run, watches)));
    }
    for (const watch of watches) {
      run.say(`  ${await watch.memory()}`);
      findings.push(...(await watch.findings()));
    }
  } finally {
    await stop();
  }
  return { inputs, findings };
}

type Opened = { surfaces: Surface[]; watches: ProcessWatch[]; stop(): Promise<void> };

async function open(part: Part): Promise<Opened> {
  if (part === 'readers')
    return { surfaces: [...readerSurfaces, phoneFieldSurface], watches: [], stop: async () => {} };
  if (part === 'gateway') {
    const world = await openWorld();
    const surfaces = [httpSurface, wireSurface, tokenSurface, outgoingTextSurface].map((create) => create(world));
    return { surfaces, watches: world.watches, stop: world.stop };
  }
  if (part === 'stalls') {
    const stalls = await watchStalls();
    const world = await openWorld({ ...stalls.options, env: { ...stalls.options.env, ...NO_LIMITS } });
    return { surfaces: [stallSurface(world, stalls)], watches: world.watches.map(withoutGrowth), stop: world.stop };
  }
  if (part === 'counts') {
    const world = await openWorld({ env: COUNT_SETTINGS });
    return { surfaces: [countSurface(world)], watches: world.watches.map(withoutGrowth), stop: world.stop };
  }
  const world = await openComponentWorld();
  return {
    surfaces: [stanzaSurface, brokenXmlSurface].map((create) => create(world)),
    watches: [world.watch],
    stop: world.stop,
  };
}

/** How much a heap keeps after bodies of 32 MB, or on its way to many limits, says nothing. */
function withoutGrowth(watch: ProcessWatch): ProcessWatch {
  return { ...watch, isWarm: () => true };
}

/** The first surface of a part warms its processes up. */
async function feed(surface: Surface, count: number, run: Run, watches: ProcessWatch[]): Promise<string[]> {
  const started = performance.now();
  const first = watches.some((watch) => !watch.isWarm()) ? Math.ceil(count * WARM_UP) : 0;
  const outcomes: Outcome[] = [];
  if (first > 0) outcomes.push(await surface.run(first, run.seed));
  if (first > 0) for (const watch of watches) await watch.warmedUp();
  // Another seed, or the first inputs came twice.
  outcomes.push(await surface.run(count - first, first > 0 ? run.seed + count : run.seed));
  const findings = outcomes.flatMap((outcome) => outcome.findings);
  const notes = outcomes.flatMap(({ note }) => note ?? []).at(-1);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  run.say(
    `  ${surface.name}: ${count} inputs in ${seconds} s, ${findings.length} findings${notes ? ` (${notes})` : ''}`,
  );
  return findings.map((finding) => `${surface.name}: ${finding}`);
}
