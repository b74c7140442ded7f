import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../local/project-root.ts';
import { SERVERS, type ServerName } from '../../local/xmpp-servers.ts';
import { flowsOf } from './flows.ts';
import { resultsOf } from './results.ts';
import { type Column, columnsIn, pageOf } from './table.ts';
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
    expect(second).to.contain('| Tunes | 0, **1 failed**, 1 skipped | – | – | – |');
    expect(second).to.contain('| runs on | Prosody 0.12.3, 2026-11-29 | – | – | – |');
    expect(second).to.contain('- **failed**: a tune is heard: expected 1 to equal 2\n- skipped: a tune is kept');
    expect(second).to.contain('## Prosody 13.0: not run\n\nIt needs root.');
  });

  it('is about servers that there are, and about tests that there are', () => {
    expect(() => chosenTargets(['ejabberd-1'])).to.throw(
      'There is no server ejabberd-1; there are prosody-0.12, prosody-13.0, ejabberd-23.01, ejabberd-24.12.',
    );
    expect(chosenTargets(['ejabberd-24.12']).map(({ title }) => title)).to.deep.equal(['ejabberd 24.12']);
    for (const kind of Object.keys(SERVERS) as ServerName[])
      for (const { tests } of flowsOf(kind))
        for (const { file } of tests) expect(existsSync(join(projectRoot(), file)), file).to.equal(true);
  });
});
