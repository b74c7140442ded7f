// Makes a fresh checkout ready to run: npm packages, system packages, the build. Runs before node_modules exists, so it is plain
// JavaScript without dependencies, in a form that an old Node.js can still read to say that it is too old.
//
//   --test          also installs what the tests of an independent XMPP client need
//   --no-system     leaves the system alone: the operator's own servers are used
//   --server NAME   installs the XMPP server of this kind, as `npm start` takes it, in place of Prosody
//   kamailio        a part of the benchmark: also installs what Earshot is compared with there
import { buildIfOld } from './setup/build.mjs';
import { requireNode } from './setup/node-version.mjs';
import { installNpmPackages } from './setup/npm-packages.mjs';
import { SetupError } from './setup/setup-error.mjs';
import { installSystemPackages } from './setup/system-packages.mjs';

try {
  requireNode(process.versions.node);
  installNpmPackages();
  const forTests = process.argv.includes('--test');
  const forKamailio = process.argv.includes('kamailio');
  if (!process.argv.includes('--no-system'))
    installSystemPackages({ forTests, forKamailio, xmppServer: wantedServer() });
  buildIfOld();
} catch (error) {
  console.error(error instanceof SetupError ? `\n${error.message}\n` : error);
  process.exit(1);
}

/** One that is not known is refused by `npm start` itself, which can say which there are. */
function wantedServer() {
  const args = process.argv.slice(2);
  const at = args.findIndex((arg) => arg === '--server' || arg.startsWith('--server='));
  if (at < 0) return 'prosody';
  return args[at].split('=')[1] ?? args[at + 1];
}
