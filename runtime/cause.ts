/**
 * The request that something is done for. `correlator`: its correlation id; `trace`: its place in a trace, where it is traced, as
 * W3C Trace Context writes it in `traceparent`.
 */
export type Cause = { correlator: string; trace?: string | undefined };

/** Neither a correlation id nor a `traceparent` has one of these in it, nor a blank. */
const BETWEEN = ';';

/** How it goes along in a message; empty for none. */
export function causeWord(cause: Cause | undefined): string {
  return cause ? `${cause.correlator}${BETWEEN}${cause.trace ?? ''}` : '';
}

export function readCause(word: string): Cause | undefined {
  const [correlator = '', trace] = word.split(BETWEEN);
  if (correlator === '') return undefined;
  return { correlator, trace: trace || undefined };
}
