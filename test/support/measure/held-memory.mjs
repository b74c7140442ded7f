import { renameSync, writeFileSync } from 'node:fs';
import { findSourceMap } from 'node:module';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// Preloaded by `--import` into a process of Earshot, from the build or not: upon SIGUSR2 it throws its garbage away and writes
// the bytes that are left into `$HELD_MEMORY_DIR/<pid>` (`held-memory.ts`).
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

process.on('SIGUSR2', () => {
  // The first error whose stack is read has Node.js keep the parsed source map of the whole build, 46 MB, once and for all.
  findSourceMap(pathToFileURL(process.argv[1]).href);
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  const file = `${process.env.HELD_MEMORY_DIR}/${process.pid}`;
  writeFileSync(`${file}.new`, `${heapUsed + external}`);
  renameSync(`${file}.new`, file);
});
