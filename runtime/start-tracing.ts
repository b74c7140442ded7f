import type { TracesConfig } from './config/traces-config.ts';
import type { Log } from './log.ts';
import type { SubjectHashOf } from './secret/subject-hash.ts';
import type { Tracing } from './tracing.ts';

/** Undefined, and no library is read, where traces are off. */
export async function startTracing(
  config: TracesConfig | undefined,
  role: string,
  log: Log,
  subjectHashOf: SubjectHashOf,
): Promise<Tracing | undefined> {
  if (!config) return undefined;
  const { openTracing } = await import('./opentelemetry.ts');
  return openTracing(config, role, log, subjectHashOf);
}
