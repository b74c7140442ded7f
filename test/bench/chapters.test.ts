import { expect } from 'chai';
import { chaptersOf, reportOf, withMeasured } from '../../bench/report/chapters.ts';

const TITLES = ['Figures', 'Nightly', 'Machine'];
const FIRST = reportOf('# Benchmarks', [
  { title: 'Figures', text: '| old |\n| --- |' },
  { title: 'Nightly', text: 'Measured last night.\n\n### More\n\n| 7 |' },
  { title: 'Given up', text: 'Nobody measures it any more.' },
]);

describe('The chapters of the report of the benchmark', () => {
  it('stay as they are when a run did not measure them, and are replaced when it did', () => {
    const chapters = withMeasured(chaptersOf(FIRST), [{ title: 'Figures', text: '| new |' }], TITLES);
    expect(chapters).to.deep.equal([
      { title: 'Figures', text: '| new |' },
      { title: 'Nightly', text: 'Measured last night.\n\n### More\n\n| 7 |' },
    ]);
  });

  it('stand in one order, whatever was measured first', () => {
    const chapters = withMeasured(chaptersOf(FIRST), [{ title: 'Machine', text: 'Two cores.' }], TITLES);
    expect(chapters.map(({ title }) => title)).to.deep.equal(['Figures', 'Nightly', 'Machine']);
  });

  it('are read from a report as they were written', () => {
    const chapters = chaptersOf(FIRST);
    expect(reportOf('# Benchmarks', chapters)).to.equal(FIRST);
    expect(chaptersOf('')).to.deep.equal([]);
  });
});
