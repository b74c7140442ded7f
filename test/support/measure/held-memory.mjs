import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { findSourceMap } from 'node:module';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString, writeHeapSnapshot } from 'node:v8';
import { runInNewContext } from 'node:vm';

// Preloaded by `--import` into a process of Earshot, from the build or not: upon SIGUSR2 it throws its garbage away and writes
// what is left into `$HELD_MEMORY_DIR/<pid>`, and its whole heap where it is asked for (`held-memory.ts`).
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

process.on('SIGUSR2', () => {
  // The first error whose stack is read has Node.js keep the parsed source map of the whole build, 46 MB, once and for all.
  findSourceMap(pathToFileURL(process.argv[1]).href);
  collect();
  collect();
  const file = `${process.env.HELD_MEMORY_DIR}/${process.pid}`;
  const { heapUsed, external } = process.memoryUsage();
  const held = { bytes: heapUsed + external, waiting: process.getActiveResourcesInfo() };
  if (existsSync(`${file}.heapsnapshot`)) {
    rmSync(`${file}.heapsnapshot`);
    writeHeapSnapshot(`${file}.heapsnapshot`);
  }
  writeFileSync(`${file}.new`, JSON.stringify(held));
  renameSync(`${file}.new`, file);
});
