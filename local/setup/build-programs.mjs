// Builds each program into one file of dist/, its libraries included: Node.js reads one large file in a third of the time of a thousand small ones.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

import { NODE_GUARD } from './node-version.mjs';
import { inProject } from './paths.mjs';

/** Where a program begins, and its file in dist/ without the ending. */
const PROGRAMS = {
  'cli/main.ts': 'cli/main',
  'component/main.ts': 'component/main',
  'gateway/main.ts': 'gateway/main',
  'local/main.ts': 'local/main',
  'sip/main.ts': 'sip/main',
  'worker/main.ts': 'worker/main',
  // A thread of the worker, which looks for it beside itself.
  'worker/carddav/thread-main.ts': 'worker/thread-main',
};

/** Libraries that read files which lie beside theirs, and those of traces, which are read only where these are on. */
const APART = ['@fastify/swagger-ui', '@opentelemetry/*'];

/** Libraries that are no ECMAScript modules ask for what comes with Node.js by `require`. */
const REQUIRE = "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);";

/** Throws what esbuild says about faults in the sources. */
export async function buildPrograms() {
  const there = Object.entries(PROGRAMS).filter(([source]) => existsSync(inProject(source)));
  if (there.length === 0) return;
  const [{ build }, { ownMap }] = await Promise.all([import('esbuild'), import('./own-map.mjs')]);
  await build({
    absWorkingDir: inProject('.'),
    entryPoints: there.map(([source, file]) => ({ in: source, out: file })),
    outdir: 'dist',
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: APART,
    banner: { js: `${REQUIRE}\n${NODE_GUARD}` },
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'error',
  });
  for (const [, file] of there) {
    const map = inProject(`dist/${file}.js.map`);
    writeFileSync(map, JSON.stringify(ownMap(JSON.parse(readFileSync(map, 'utf8')))));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await buildPrograms();
