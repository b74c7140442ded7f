import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { promisify } from 'node:util';
import { type Check, fault, ok } from '../finding.ts';

/** Milliseconds for another Node.js to say whether it can run this. */
const PATIENCE = 10_000;

/**
 * Whether the Node.js that units start, which need not be the operator's own, can run what is built: this command says so
 * itself when it is started by one that is too old. `program`: the built command.
 */
export function createNodeCheck(ofUnits: string, program: string | undefined): Check {
  return {
    name: 'node',
    async look() {
      const own = `this is Node.js ${process.versions.node}`;
      if (program === undefined || !existsSync(ofUnits) || realpathSync(ofUnits) === process.execPath) return ok(own);
      try {
        await promisify(execFile)(ofUnits, [program, '--help'], { timeout: PATIENCE });
        return ok(`${own}; ${ofUnits}, which the units of deploy/ start, can run it, too`);
      } catch (err) {
        const [sentence = ''] = /Earshot needs Node.js .*/.exec((err as { stderr?: string }).stderr ?? '') ?? [];
        return fault(
          `${ofUnits}, which the units of deploy/ start, cannot run this. ${sentence} Install a newer one there, or name another in ExecStart`,
        );
      }
    },
  };
}

const built = process.argv[1]?.endsWith('dist/cli/main.js') ? process.argv[1] : undefined;

export const node = createNodeCheck('/usr/bin/node', built);
