import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import { createGauges } from '../../gateway/metrics/fleet-metrics.ts';
import { projectRoot } from '../../local/project-root.ts';
import { createMetrics } from '../../runtime/metrics.ts';

type Described = { name: string; type: string; labelNames: string[] };
type Target = { refId: string; expr: string; datasource: unknown };
type Place = { x: number; y: number; w: number; h: number };
type Panel = { id: number; type: string; title: string; gridPos: Place; datasource?: unknown; targets?: Target[] };
type Variable = { name: string; type: string; query: unknown };
type Dashboard = {
  title: string;
  uid: string;
  schemaVersion: number;
  panels: Panel[];
  templating: { list: Variable[] };
};

/** Names of labels that a series has whatever it measures: ours of each process, and Prometheus' own. */
const ALWAYS = ['role', 'process', 'job', 'instance'];
const SOURCE = { type: 'prometheus', uid: '${' + 'datasource}' };
/** Cells in which Grafana places panels side by side. */
const COLUMNS = 24;

describe('deploy/earshot-dashboard.json', () => {
  let dashboard: Dashboard;
  let shown: Panel[];
  let targets: Target[];
  /** Each metric's labels, by the name of a series. */
  const labels = new Map<string, readonly string[]>();
  let metrics: Described[];

  before(async () => {
    dashboard = JSON.parse(await readFile(join(projectRoot(), 'deploy', 'earshot-dashboard.json'), 'utf8'));
    shown = dashboard.panels.filter(({ type }) => type !== 'row');
    targets = shown.flatMap((panel) => panel.targets ?? []);
    const shared = new Registry();
    createGauges(shared);
    metrics = [createMetrics('gateway').registry, shared].flatMap(
      (registry) => registry.getMetricsAsArray() as unknown as Described[],
    );
    for (const { name, type, labelNames } of metrics)
      if (type !== 'histogram') labels.set(name, labelNames);
      else {
        labels.set(`${name}_bucket`, [...labelNames, 'le']);
        for (const end of ['sum', 'count']) labels.set(`${name}_${end}`, labelNames);
      }
  });

  it('is what Grafana imports: panels with ids of their own, side by side, each with what it asks the chosen Prometheus', () => {
    expect(dashboard).to.include({ title: 'Earshot', uid: 'earshot' });
    expect(dashboard.schemaVersion).to.be.a('number').and.at.least(36);
    expect(dashboard).to.not.have.property('id');
    expect(dashboard.templating.list[0]).to.include({ name: 'datasource', type: 'datasource', query: 'prometheus' });
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).to.equal(ids.length);
    expect(shown).to.have.length.above(20);
    for (const { title, type, datasource, targets: own = [] } of shown) {
      expect(['stat', 'timeseries'], title).to.include(type);
      expect(datasource, title).to.deep.equal(SOURCE);
      expect(own, title).to.not.be.empty;
      for (const target of own) expect(target.datasource, title).to.deep.equal(SOURCE);
      expect(new Set(own.map(({ refId }) => refId)).size, title).to.equal(own.length);
    }
  });

  it('has no two panels in one place', () => {
    const taken = new Map<string, string>();
    for (const { title, gridPos } of dashboard.panels) {
      expect(gridPos.x + gridPos.w, title).to.be.at.most(COLUMNS);
      for (const cell of cellsOf(gridPos)) {
        expect(taken.get(cell), `${title} lies on it`).to.equal(undefined);
        taken.set(cell, title);
      }
    }
  });

  it('asks for metrics and labels that there are, and for all of Earshot’s own', () => {
    const asked = new Set<string>();
    for (const { expr } of targets) {
      const series = [...expr.matchAll(/\bearshot_\w+/g)].map(([name]) => name);
      expect(series, expr).to.not.be.empty;
      for (const name of series) {
        expect([...labels.keys()], expr).to.include(name);
        asked.add(name);
      }
      const known = [...ALWAYS, ...series.flatMap((name) => labels.get(name) ?? [])];
      expect(known, expr).to.include.members(labelsIn(expr));
    }
    const own = metrics.filter(({ name }) => !/^earshot_(?:nodejs|process)_/.test(name));
    const unseen = own.filter(
      ({ name }) => ![...asked].some((one) => one.replace(/_(?:bucket|count|sum)$/, '') === name),
    );
    expect(unseen.map(({ name }) => name)).to.deep.equal([]);
  });

  it('asks with variables that it has, and in words that Prometheus reads', async () => {
    const names = dashboard.templating.list.map(({ name }) => name);
    const folder = await mkdtemp(join(tmpdir(), 'earshot-dashboard-'));
    try {
      for (const { expr } of targets)
        for (const [, name = ''] of expr.matchAll(/\$(\w+)/g)) expect([...names, '__rate_interval']).to.include(name);
      const rules = targets.map(({ expr }, i) => ({
        record: `panel:${i}`,
        expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$job', '.*'),
      }));
      await writeFile(join(folder, 'rules.json'), JSON.stringify({ groups: [{ name: 'panels', rules }] }));
      const said = execFileSync('promtool', ['check', 'rules', join(folder, 'rules.json')], { encoding: 'utf8' });
      expect(said).to.contain(`SUCCESS: ${targets.length} rules found`);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

function cellsOf({ x, y, w, h }: Place): string[] {
  return Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`);
}

/** Of selectors, and of what is added up by. */
function labelsIn(expr: string): string[] {
  const selected = [...expr.matchAll(/\{([^}]*)\}/g)].flatMap(([, inner = '']) =>
    [...inner.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, name = '']) => name),
  );
  const kept = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/));
  return [...selected, ...kept];
}
