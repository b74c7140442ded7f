import { type Logger, pino } from 'pino';
import type { SubjectHashOf } from './secret/subject-hash.ts';

export type Log = Logger;

/**
 * JSON lines on standard output. Give it codes and counts, and a subscriber's id as `subject` only, which is written as its keyed
 * hash; never a number, a name, a token or a title. Errors keep their code, message and stack only: libraries hang whole requests onto theirs.
 */
export function createLog(role: string, level: string, subjectHashOf: SubjectHashOf): Log {
  const subject = (id: unknown) => (typeof id === 'string' ? subjectHashOf(id) : undefined);
  return pino({ level, base: { role, pid: process.pid }, serializers: { err: plainError, subject } });
}

/** What a log says of an error. A parser's words quote the text that it could not parse, so they are left out. */
export function plainError(error: unknown) {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack } = error;
  const code = 'code' in error ? error.code : undefined;
  if (!(error instanceof SyntaxError)) return { name, code, message, stack };
  const places = stack?.split('\n').filter((line) => line.startsWith('    at '));
  return { name, code, message: 'something that was to be parsed is not well-formed', stack: places?.join('\n') };
}
