import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import { createGauges } from '../../gateway/metrics/fleet-metrics.ts';
import { projectRoot } from '../../local/project-root.ts';
import { createMetrics } from '../../runtime/metrics.ts';

/** As far as the table needs them, which prom-client's types do not have. */
type Described = { name: string; help: string; type: string; labelNames: string[] };

/** Of Node and of the system, as prom-client has them; the page names them in one line. */
const OF_NODE = /^earshot_(?:nodejs|process)_/;

describe('docs/metrics.md', () => {
  it('has each metric of the code, with its kind, its labels and what it is', async () => {
    const shared = new Registry();
    createGauges(shared);
    const all = [createMetrics('gateway').registry, shared].flatMap(
      (registry) => registry.getMetricsAsArray() as unknown as (Described & { type: string })[],
    );
    const own = all.filter(({ name }) => !OF_NODE.test(name)).sort((a, b) => a.name.localeCompare(b.name));
    const rows = own.map(
      ({ name, type, help, labelNames }) =>
        `| \`${name}\` | ${type} | ${labelNames.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
    );
    const page = await readFile(join(projectRoot(), 'docs', 'metrics.md'), 'utf8');
    expect(page.split('\n').filter((line) => line.startsWith('| `earshot_'))).to.deep.equal(rows);
  });
});
