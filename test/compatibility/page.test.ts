import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../local/project-root.ts';
import { chosenFlows, flowsOf } from './flows.ts';
import { chosenPlatforms } from './platforms.ts';
import { resultsOf } from './results.ts';
import { type Column, columnsIn, pageOf, suitesIn, withFlow } from './table.ts';
import { chosenTargets, TARGETS } from './targets.ts';

describe('the page of servers', () => {
  const test = (file: string, fullTitle: string, message?: string) => ({
    file: `/somewhere/${file}`,
    fullTitle,
    err: message === undefined ? {} : { message },
  });
  const good = test('a.test.ts', 'friends become friends');
  const late = test('a.test.ts', 'friends who come late');
  const bad = test('b.test.ts', 'a tune is heard', 'expected 1\n  to equal 2');
  const skipped = test('b.test.ts', 'a tune is kept: not here, as nothing is');
  const report = { tests: [good, late, bad, skipped], passes: [good, late], failures: [bad], pending: [skipped] };
  const flows = [
    { name: 'Late', tests: [{ file: 'a.test.ts', titles: /late/ }] },
    { name: 'Friends', tests: [{ file: 'a.test.ts' }] },
    { name: 'Tunes', tests: [{ file: 'b.test.ts' }] },
  ];
  const column = (): Column => ({ runs: 'Prosody 0.12.3', day: '2026-11-29', flows: resultsOf(flows, report) });

  it('counts a test in the first flow that names it, and says what failed and what was skipped', () => {
    expect(resultsOf(flows, report)).to.deep.equal([
      { name: 'Late', passed: 1, failed: [], skipped: [] },
      { name: 'Friends', passed: 1, failed: [], skipped: [] },
      {
        name: 'Tunes',
        passed: 0,
        failed: ['a tune is heard: expected 1 to equal 2'],
        skipped: ['a tune is kept: not here, as nothing is'],
      },
    ]);
  });

  it('counts a hook that fails, after which tests are missing', () => {
    const hook = test('b.test.ts', 'a tune "before all" hook', 'Redis is away');
    const broken = { tests: [good, late], passes: [good, late], failures: [hook], pending: [] };
    expect(resultsOf(flows, broken)[2]?.failed).to.deep.equal(['a tune "before all" hook: Redis is away']);
  });

  it('does not pass a flow over whose tests have been renamed', () => {
    expect(() => resultsOf([{ name: 'Erasure', tests: [{ file: 'gone.test.ts' }] }], report)).to.throw(
      'No test shows “Erasure”',
    );
  });

  it('keeps the columns of the servers that did not run this time', () => {
    const first = pageOf(TARGETS, { 'prosody-0.12': column() });
    const second = pageOf(TARGETS, { ...columnsIn(first), 'prosody-13.0': { missing: 'It needs root.' } });
    expect(columnsIn(second)).to.deep.equal({
      'prosody-0.12': column(),
      'prosody-13.0': { missing: 'It needs root.' },
    });
    expect(second).to.match(/\| \*\*Tunes\*\*: the newest [^|]+ \| 0, \*\*1 failed\*\*, 1 skipped \| – \| – \| – \|/);
    expect(second).to.contain('| runs on | Prosody 0.12.3, 2026-11-29 | – | – | – |');
    expect(second).to.contain('## What failed\n\n- Prosody 0.12: a tune is heard: expected 1 to equal 2\n');
    expect(second).to.contain('## Prosody 13.0: not run\n\nIt needs root.');
  });

  it('says of a test once on which servers it was left out', () => {
    const page = pageOf(TARGETS, { 'ejabberd-23.01': column(), 'ejabberd-24.12': column() });
    expect(page).to.contain(
      '## What was left out\n\n- ejabberd 23.01; ejabberd 24.12: a tune is kept: not here, as nothing is\n\n',
    );
  });

  it('says in each row what it shows', () => {
    for (const target of TARGETS) for (const { name, shows } of flowsOf(target)) expect(shows, name).to.not.equal('');
    const late = { name: 'Who comes late', passed: 2, failed: [], skipped: [] };
    const page = pageOf(TARGETS, { 'prosody-0.12': { runs: 'it', day: '2026-11-29', flows: [late] } });
    expect(page).to.contain('| **Who comes late**: whoever logs in sees what friends play already | 2 | – |');
  });

  it('keeps what the whole suite has said on other platforms, whichever of the two is run', () => {
    const suite = { runs: 'Node.js 24.1.0, Debian 12', day: '2026-11-30', passed: 2_000, failed: 1, skipped: 3 };
    const page = pageOf(TARGETS, { 'prosody-0.12': column() }, { 'node-24': suite });
    expect(page).to.contain('| Node.js 24.1.0, Debian 12 | 2026-11-30 | 2000 | **1** | 3 |');
    expect(suitesIn(page)).to.deep.equal({ 'node-24': suite });
    expect(columnsIn(page)).to.deep.equal({ 'prosody-0.12': column() });
    expect(pageOf(TARGETS, columnsIn(page))).to.not.contain('## Node.js');
  });

  it('is about platforms that there are', () => {
    expect(chosenPlatforms(['node-24', 'npx mocha test/domain'])).to.deep.equal({
      names: ['node-24'],
      line: 'npx mocha test/domain',
    });
    expect(() => chosenPlatforms(['node-21'])).to.throw('On which? There are node-22, node-24, debian-13.');
  });

  it('has a table of its own for two homes, with their flows', () => {
    const homes: Column = {
      runs: 'both',
      day: '2026-11-29',
      flows: [{ name: 'Homes', passed: 2, failed: [], skipped: [] }],
    };
    const page = pageOf(TARGETS, { 'prosody-0.12': column(), 'prosody-and-prosody': homes });
    const [one = '', two = ''] = page.split('## Two homes');
    expect(one).to.contain('| **Tunes**: ').and.to.not.contain('Prosody 0.12 and');
    expect(two).to.contain('|  | Prosody 0.12 and Prosody 0.12 | Prosody 0.12 and ejabberd 23.01 |');
    expect(two)
      .to.match(/\| \*\*Homes\*\*: [^|]+ \| 2 \| – \| – \|/)
      .and.to.not.contain('**Tunes**');
  });

  it('has a flow that ran alone take the place of what it was, and leaves the others', () => {
    const order = flows.map(({ name }) => name);
    const repaired = { tests: [good, late], passes: [good, late], failures: [], pending: [] };
    const [friends] = resultsOf(flows, repaired, ['Friends']);
    if (!friends) throw new Error('there is no such flow');
    const first = withFlow(undefined, { runs: 'Prosody 0.12.3', day: '2026-11-29', flow: friends }, order);
    expect(first).to.deep.equal({ runs: 'Prosody 0.12.3', day: '2026-11-29', flows: [friends] });
    const again = withFlow(column(), { runs: 'Prosody 0.12.4', day: '2026-11-30', flow: friends }, order);
    const [earlier, , tunes] = resultsOf(flows, report).map((flow) => ({ ...flow, day: '2026-11-29' }));
    expect(again).to.deep.equal({ runs: 'Prosody 0.12.4', day: '2026-11-30', flows: [earlier, friends, tunes] });
    expect(pageOf(TARGETS, { 'prosody-0.12': again }))
      .to.contain('| Late | 1, 2026-11-29 |')
      .and.to.match(/\| \*\*Friends\*\*: [^|]+ \| 1 \|/);
  });

  it('is about servers that there are, and about tests that there are', () => {
    expect(() => chosenTargets(['ejabberd-1'])).to.throw(
      'There is no server ejabberd-1; there are prosody-0.12, prosody-13.0, prosody-13.0-valkey, ejabberd-23.01, ejabberd-24.12,',
    );
    const { targets, rest } = chosenTargets(['ejabberd-24.12', 'consent', 'tunes']);
    expect(targets.map(({ title }) => title)).to.deep.equal(['ejabberd 24.12']);
    expect(chosenFlows({ kind: 'ejabberd' }, rest)).to.deep.equal([
      'Consent, against the clock',
      'Tunes',
      'Tunes of the user’s own client',
    ]);
    expect(() => chosenFlows({ kind: 'ejabberd' }, ['wishes'])).to.throw(
      'There is no flow wishes; there are: What is asked of',
    );
    for (const target of TARGETS)
      for (const { tests } of flowsOf(target))
        for (const { file } of tests) expect(existsSync(join(projectRoot(), file)), file).to.equal(true);
  });
});
