import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { inProject, ROOT } from './paths.mjs';
import { SetupError } from './setup-error.mjs';

const STAMP = inProject('dist/.built-from');

/** Builds `dist/` when it is missing or was built from other sources. */
export function buildIfOld() {
  const sources = fingerprint();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === sources) return;
  console.log('Building …');
  // A build that fails leaves files behind too, and so does another version: neither must pass for this one's.
  rmSync(inProject('dist'), { recursive: true, force: true });
  run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.json');
  run('local/setup/build-programs.mjs');
  run('local/setup/build-page.mjs');
  mkdirSync(inProject('dist'), { recursive: true });
  writeFileSync(STAMP, sources);
}

function run(script, ...args) {
  const { status } = spawnSync(process.execPath, [inProject(script), ...args], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new SetupError('The build failed: see above.');
}

/** Changes when a source file is added, removed or written. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const file of ['tsconfig.json', 'package-lock.json', ...sourceFiles()]) {
    const { mtimeMs, size } = statSync(inProject(file));
    hash.update(`${file} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}

function sourceFiles() {
  const { include } = JSON.parse(readFileSync(inProject('tsconfig.json'), 'utf8'));
  return [...include.flatMap((folder) => filesIn(folder, /\.ts$/)), ...filesIn('web', /./)].sort();
}

function filesIn(folder, names) {
  if (!existsSync(inProject(folder))) return [];
  return readdirSync(inProject(folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesIn(path, names);
    return names.test(entry.name) ? [path] : [];
  });
}
