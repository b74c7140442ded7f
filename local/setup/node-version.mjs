import { SetupError } from './setup-error.mjs';

const LEAST = [20, 19];

/**
 * Throws unless this Node.js is new enough.
 * @param {string} version such as "20.19.0"
 */
export function requireNode(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1])) return;
  throw new SetupError(
    `Earshot needs Node.js ${LEAST.join('.')} or newer, and this is ${version}. See https://nodejs.org/en/download`,
  );
}
