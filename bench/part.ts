import type { Row } from './report/rows.ts';

/**
 * What a part has measured. One that breaks off is a row that says so, and the other parts go on: a run is long, and what it
 * has found is not lost with one of them. @throws when the run is stopped
 */
export async function rowsOfPart(
  name: string,
  stop: AbortSignal,
  measure: () => Row[] | Promise<Row[]>,
): Promise<Row[]> {
  const start = performance.now();
  try {
    const rows = await measure();
    console.log(`Part ${name}: ${((performance.now() - start) / 1_000).toFixed(0)} s`);
    return rows;
  } catch (error) {
    stop.throwIfAborted();
    process.exitCode = 1;
    console.error(`Part ${name} broke off:`, error);
    const [why = ''] = String(error).split('\n');
    return [{ what: `Part \`${name}\` of the benchmark`, measured: `broke off: ${why}`, goal: 'measured', met: false }];
  }
}
