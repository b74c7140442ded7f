import { SetupError } from './setup-error.mjs';

/**
 * Throws unless this Node.js is new enough.
 * @param {string} version such as "20.19.0"
 */
export function requireNode(version) {
  const refusal = refusalOf(version);
  if (refusal !== undefined) throw new SetupError(refusal);
}

/** JavaScript that ends a program which was started by a Node.js that is too old, with a sentence; to stand before everything else in it. */
export const NODE_GUARD = `{ const refusal = (${refusalOf})(process.versions.node); if (refusal) { process.stderr.write(refusal + '\\n'); process.exit(1); } }`;

/** Undefined for one that is new enough. It stands in built programs by its text, and so uses nothing of this file. */
function refusalOf(version) {
  const least = [20, 19];
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > least[0] || (major === least[0] && minor >= least[1])) return undefined;
  return `Earshot needs Node.js ${least.join('.')} or newer, and this is ${version}. See https://nodejs.org/en/download`;
}
