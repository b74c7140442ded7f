import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { lockedPackages } from './npm-packages.mjs';
import { inProject, ROOT } from './paths.mjs';
import { SetupError } from './setup-error.mjs';

const STAMP = inProject('dist/.built-from');

/** Builds `dist/` when it is missing or was built from other sources. */
export function buildIfOld() {
  if (readStamp() === fingerprint()) return;
  console.log('Building …');
  build();
}

/** Builds `dist/`. */
export function build() {
  const sources = fingerprint();
  // A build that fails leaves files behind too, and so does another version: neither must pass for this one's.
  rmSync(inProject('dist'), { recursive: true, force: true });
  run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.json');
  run('local/setup/build-programs.mjs');
  run('local/setup/build-page.mjs');
  mkdirSync(inProject('dist'), { recursive: true });
  writeFileSync(STAMP, sources);
}

/**
 * Refuses to start a program that is not there, or was built from other sources than lie beside it. Changes nothing: whoever
 * runs it need not be whoever installed it, and others may be running.
 */
export function requireBuilt(program) {
  const missing = !existsSync(inProject('dist', program, 'main.js'));
  // A copy of dist/ alone has no sources to compare it with.
  const old = existsSync(inProject('tsconfig.json')) && readStamp() !== fingerprint();
  if (missing || old)
    throw new SetupError(
      `${missing ? 'Earshot is not built.' : 'What is built in dist/ is not of these sources.'} In ${ROOT}, as the user to whom it belongs:\n\n  npm ci --ignore-scripts && npm run build\n\nThen start it again.`,
    );
}

function readStamp() {
  return existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : undefined;
}

function run(script, ...args) {
  const { status } = spawnSync(process.execPath, [inProject(script), ...args], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new SetupError('The build failed: see above.');
}

/** Changes when a source file is added, removed or changed, or a library is another; a copy of the folder has the same. */
function fingerprint() {
  const hash = createHash('sha256').update(JSON.stringify(lockedPackages()));
  for (const file of ['tsconfig.json', ...sourceFiles()]) {
    const content = readFileSync(inProject(file));
    hash.update(`${file} ${content.length}\n`).update(content);
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
