/**
 * A record that was written as JSON of an object. What it is of is said by the error in place of what it holds, which the parser's own
 * error quotes: that ends up in logs.
 * @throws Error for what cannot be read
 */
export function readRecord<T extends object>(json: string, what: string): T {
  let record: unknown;
  try {
    record = JSON.parse(json);
  } catch {
    // Below.
  }
  if (typeof record !== 'object' || record === null) throw new Error(`The record of ${what} cannot be read.`);
  return record as T;
}
