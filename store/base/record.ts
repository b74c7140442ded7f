/**
 * What was written as JSON. What it is of is said by the error in place of what it holds, which the parser's own error quotes: that
 * ends up in logs, and in the reason of a job that failed.
 * @throws Error for what cannot be read
 */
export function readJson<T>(json: string, what: string): T {
  try {
    return JSON.parse(json) as T;
  } catch {
    // The parser's error is no cause of this one: it would go along.
    throw new Error(`The record of ${what} cannot be read.`);
  }
}

/** The same of an object, or a list. @throws Error for what is none */
export function readRecord<T extends object>(json: string, what: string): T {
  const record = readJson<T | null>(json, what);
  if (typeof record !== 'object' || record === null) throw new Error(`The record of ${what} cannot be read.`);
  return record;
}
