import { type Logger, pino } from 'pino';

export type Log = Logger;

/**
 * JSON lines on standard output. Give it ids, codes and counts; never a number, a name, a token or a title.
 * Errors keep their code, message and stack only: libraries hang whole requests onto theirs.
 */
export function createLog(role: string, level: string): Log {
  return pino({ level, base: { role, pid: process.pid }, serializers: { err: plainError } });
}

function plainError(error: unknown) {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = 'code' in error ? error.code : undefined;
  return { name: error.name, code, message: error.message, stack: error.stack };
}
