import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { inProject, ROOT } from './paths.mjs';
import { SetupError } from './setup-error.mjs';

const STAMP = inProject('dist/.built-from');

/** Builds `dist/` when it is missing or was built from other sources. */
export function buildIfOld() {
  const sources = fingerprint();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === sources) return;
  console.log('Building …');
  // A build that fails leaves files behind too: they must not pass for good ones.
  rmSync(STAMP, { force: true });
  const compiler = inProject('node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.json'], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new SetupError('The build failed: see above.');
  writeFileSync(STAMP, sources);
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
  return include.flatMap(typescriptIn).sort();
}

function typescriptIn(folder) {
  if (!existsSync(inProject(folder))) return [];
  return readdirSync(inProject(folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return typescriptIn(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}
