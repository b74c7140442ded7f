import { randomInt } from 'node:crypto';
import { seedOr } from '../support/random.ts';
import { fuzz, PARTS } from './run.ts';

const chosen = process.argv.slice(2);
const unknown = chosen.find((part) => !PARTS.some((known) => known === part));
if (unknown !== undefined) {
  console.error(`There is no part ${unknown}; the parts are ${PARTS.join(', ')}.`);
  process.exit(1);
}
const seed = seedOr(randomInt(2 ** 31));
const started = performance.now();
console.log(`Seed ${seed}; EARSHOT_SEED=${seed} makes the same inputs again.`);
const findings: string[] = [];
let inputs = 0;
for (const part of PARTS) {
  if (chosen.length > 0 && !chosen.includes(part)) continue;
  console.log(`${part}:`);
  const outcome = await fuzz(part, { seed, length: 'nightly', say: console.log });
  findings.push(...outcome.findings);
  inputs += outcome.inputs;
}
for (const finding of findings) console.error(`\n${finding}`);
const seconds = Math.round((performance.now() - started) / 1000);
console.log(`\n${inputs} inputs in ${seconds} s with the seed ${seed}: ${findings.length} findings.`);
process.exit(findings.length === 0 ? 0 : 1);
