// Makes a fresh checkout ready to run: npm packages, system packages, the build. Runs before node_modules exists, so it is plain
// JavaScript without dependencies, in a form that an old Node.js can still read to say that it is too old.
//
//   --test          also installs what the tests of an independent XMPP client need
//   --build         only builds
//   --check NAME    changes nothing; only looks whether that program can be started
//   --server NAME   installs the XMPP server of this kind, as `npm start` takes it, in place of Prosody
//   kamailio, sip   parts of the benchmark: also installs what Earshot is compared with there
import { build, buildIfOld, requireBuilt } from './setup/build.mjs';
import { requireNode } from './setup/node-version.mjs';
import { installNpmPackages } from './setup/npm-packages.mjs';
import { SetupError } from './setup/setup-error.mjs';
import { installSystemPackages } from './setup/system-packages.mjs';

try {
  const [, , mode, program] = process.argv;
  requireNode(process.versions.node);
  if (mode === '--check') requireBuilt(program);
  else if (mode === '--build') build();
  else setUp();
} catch (error) {
  console.error(error instanceof SetupError ? `\n${error.message}\n` : error);
  process.exit(1);
}

function setUp() {
  installNpmPackages();
  const forTests = process.argv.includes('--test');
  const forKamailio = process.argv.includes('kamailio') || process.argv.includes('sip');
  installSystemPackages({ forTests, forKamailio, xmppServer: wantedServer() });
  buildIfOld();
}

/** One that is not known is refused by `npm start` itself, which can say which there are. */
function wantedServer() {
  const args = process.argv.slice(2);
  const at = args.findIndex((arg) => arg === '--server' || arg.startsWith('--server='));
  if (at < 0) return 'prosody';
  return args[at].split('=')[1] ?? args[at + 1];
}
