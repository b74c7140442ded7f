import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../local/project-root.ts';
import { debianRoot } from './debian-root.ts';
import { chosenFlows, flowsOf } from './flows.ts';
import { chosenPlatforms, type PlatformName, runOn, suiteOn } from './platforms.ts';
import type { FlowResult } from './results.ts';
import { Missing } from './run.ts';
import { tryFlows } from './suite.ts';
import { type Column, columnsIn, pageOf, suitesIn, withFlow } from './table.ts';
import { chosenTargets, TARGETS, type Target } from './targets.ts';

// npm run test:servers                              all servers
// npm run test:servers -- ejabberd-24.12            one of them
// npm run test:servers -- ejabberd-24.12 consent    the flows of it whose names hold that word
// npm run test:servers -- in 13 'npm test'          anything else, in a copy of this checkout in Debian 13
// npm run test:servers -- on node-24 debian-13      all of npm test, under another Node.js and on another Debian
// npm run test:servers -- on node-24 'npx mocha …'  anything else there

const PAGE = join(projectRoot(), 'docs', 'servers.md');

const words = process.argv.slice(2);
try {
  if (words[0] === 'in') debianRoot(Number(words[1])).run(words.slice(2).join(' '));
  else if (words[0] === 'on') tryPlatforms(words.slice(1));
  else tryServers();
} catch (err) {
  console.error((err as Error).message);
  process.exitCode = 1;
}

function tryServers(): void {
  const { targets, rest } = chosenTargets(words);
  for (const target of targets) tryServer(target, chosenFlows(target, rest));
}

function tryServer(target: Target, names: readonly string[]): void {
  console.log(`${target.title} …`);
  const order = flowsOf(target).map(({ name }) => name);
  try {
    tryFlows(target, names, (tried) => {
      write(target, (column) => withFlow(column, tried, order));
      say(tried.flow);
    });
  } catch (err) {
    if (!(err instanceof Missing)) throw err;
    // A server that could not be tried is no success, either.
    process.exitCode = 1;
    console.log(`  not run: ${err.message}`);
    write(target, () => ({ missing: err.message }));
  }
}

function tryPlatforms(asked: readonly string[]): void {
  const { names, line } = chosenPlatforms(asked);
  for (const name of names) {
    console.log(`${name} …`);
    if (line !== '') runOn(name, line);
    else tryPlatform(name);
  }
}

function tryPlatform(name: PlatformName): void {
  const result = suiteOn(name);
  const page = readPage();
  writeFileSync(PAGE, pageOf(TARGETS, columnsIn(page), { ...suitesIn(page), [name]: result }));
  console.log(`  ${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped`);
  if (result.failed > 0) process.exitCode = 1;
}

/** After each flow, as all of them take long. */
function write(target: Target, change: (column: Column | undefined) => Column): void {
  const page = readPage();
  const columns = columnsIn(page);
  writeFileSync(PAGE, pageOf(TARGETS, { ...columns, [target.name]: change(columns[target.name]) }, suitesIn(page)));
}

function readPage(): string {
  return existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '';
}

function say({ name, passed, failed, skipped }: FlowResult): void {
  console.log(`  ${name}: ${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
  for (const test of failed) console.log(`  failed: ${test}`);
  if (failed.length > 0) process.exitCode = 1;
}
