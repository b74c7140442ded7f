import { type Check, fault, ok } from '../finding.ts';

/** Unknown names and unusable values of the settings, each in a sentence of its own. */
export const configuration: Check = {
  name: 'configuration',
  async look({ roles, faults }) {
    if (faults.length === 0) return ok(`the settings of ${roles.join(', ')} can be used`);
    const others = roles.length > 1 ? ' If not all processes run with these settings, say which: --role.' : '';
    return faults.map((sentence, i) =>
      fault(`${sentence}${i === faults.length - 1 ? ` docs/configuration.md has them all.${others}` : ''}`),
    );
  },
};
