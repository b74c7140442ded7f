// npm run client -- DOCUMENT: makes clients/typescript from the OpenAPI document of a gateway, a file or a URL such as
// https://earshot.op.example/openapi.json. What is generated, and what is compiled of it, is in no repository; the version that the
// document says is written into the client's package.json.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { installNpmPackages } from '../../local/setup/npm-packages.mjs';
import { inProject } from '../../local/setup/paths.mjs';

const [document] = process.argv.slice(2);
if (document === undefined) fail('Say of which document: npm run client -- https://…/openapi.json, or a file.');
installNpmPackages('clients/tools');

const client = inProject('clients/typescript');
for (const made of ['src/generated', 'dist']) rmSync(`${client}/${made}`, { recursive: true, force: true });
const { createClient } = await import('@hey-api/openapi-ts');
await createClient({
  input: document,
  logs: { level: 'error', file: false },
  output: { path: `${client}/src/generated`, importFileExtension: '.js' },
  plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
});
run('tsc', '-p', client);
writeVersion(await versionIn(document));

async function versionIn(place) {
  const text = /^https?:/.test(place) ? await (await fetch(place)).text() : readFileSync(place, 'utf8');
  return JSON.parse(text).info.version;
}

function writeVersion(version) {
  const file = `${client}/package.json`;
  const said = JSON.parse(readFileSync(file, 'utf8'));
  if (said.version !== version) writeFileSync(file, `${JSON.stringify({ ...said, version }, null, 2)}\n`);
}

function run(tool, ...args) {
  const { status, error } = spawnSync(inProject('clients/tools/node_modules/.bin', tool), args, { stdio: 'inherit' });
  if (status !== 0) fail(`${tool} failed${error ? ` (${error.message})` : ''}: see above.`);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
