import type { Flow } from './flows.ts';

/** What Mocha's JSON reporter says of a test (https://mochajs.org/#json). */
type Test = { fullTitle: string; file?: string; err: { message?: string } };
/** Its whole report. */
export type Report = { tests: Test[]; passes: Test[]; failures: Test[]; pending: Test[] };

/**
 * Of one flow on one server. `failed`: titles, each with what went wrong. `skipped`: titles with their reasons. `day`: where it ran
 * before the others.
 */
export type FlowResult = { name: string; passed: number; failed: string[]; skipped: string[]; day?: string };

/** What one flow has shown, and with what and when it ran. */
export type Tried = { runs: string; day: string; flow: FlowResult };

/**
 * Sorts the tests into flows, and gives those that are `asked` for. @throws Error where one of these has no test, as one that
 * was renamed would be missed by nobody
 */
export function resultsOf(
  flows: readonly Pick<Flow, 'name' | 'tests'>[],
  report: Report,
  asked: readonly string[] = flows.map(({ name }) => name),
): FlowResult[] {
  // A hook that fails is among the failures and no test.
  const left = new Set([...report.tests, ...report.failures]);
  const failures = new Map(report.failures.map((test) => [keyOf(test), wrongIn(test)]));
  const pending = new Set(report.pending.map(keyOf));
  return flows.flatMap(({ name, tests }) => {
    const own = [...left].filter((test) => tests.some((one) => isOf(one, test)));
    for (const test of own) left.delete(test);
    if (!asked.includes(name)) return [];
    if (own.length === 0) throw new Error(`No test shows “${name}”: see test/compatibility/flows.ts.`);
    const titles = new Map(own.map((test) => [keyOf(test), test.fullTitle]));
    const failed = [...titles]
      .filter(([key]) => failures.has(key))
      .map(([key, title]) => `${title}: ${failures.get(key)}`);
    const skipped = [...titles].filter(([key]) => pending.has(key)).map(([, title]) => title);
    return [{ name, failed, skipped, passed: titles.size - failed.length - skipped.length }];
  });
}

/** The two in one. */
export function together(a: Report, b: Report): Report {
  return {
    tests: [...a.tests, ...b.tests],
    passes: [...a.passes, ...b.passes],
    failures: [...a.failures, ...b.failures],
    pending: [...a.pending, ...b.pending],
  };
}

function isOf({ file, titles }: Flow['tests'][number], test: Test): boolean {
  return test.file?.endsWith(`/${file}`) === true && (titles === undefined || titles.test(test.fullTitle));
}

function keyOf({ file, fullTitle }: Test): string {
  return `${file} ${fullTitle}`;
}

/** The beginning of the error, on one line. */
function wrongIn({ err }: Test): string {
  return (err.message ?? 'no message').replace(/\s+/g, ' ').slice(0, 200);
}
