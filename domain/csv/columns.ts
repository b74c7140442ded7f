import { looksLikeTelephone } from './content.ts';
import { type Role, roleOf } from './headers.ts';
import { MAX_COLUMNS } from './limits.ts';
import { splitRow } from './quotes.ts';

/** The columns of a file by their headers, roles undefined for unknown ones, and what stands between them. */
export type Columns = { delimiter: string; names: string[]; roles: (Role | undefined)[] };

const DELIMITERS = [',', ';', '\t'];

/** More digits than the name of a column has, and as many as a number that is written without any mark. */
const DIGITS = /\p{Nd}.*\p{Nd}.*\p{Nd}.*\p{Nd}.*\p{Nd}/u;

/**
 * Finds the columns and the delimiter in the line of headers; `delimiter` where the file says it. Undefined when a telephone number stands
 * among them, or, where none of them is known, any number: then the line is none of headers.
 */
export function readColumns(header: string, delimiter?: string): Columns | undefined {
  const [best] = (delimiter === undefined ? DELIMITERS : [delimiter])
    .map((one) => toColumns(splitRow(header, one).slice(0, MAX_COLUMNS), one))
    .sort((a, b) => known(b.roles) - known(a.roles) || b.names.length - a.names.length);
  if (!best || best.names.some(looksLikeTelephone)) return undefined;
  return known(best.roles) > 0 || !best.names.some((name) => DIGITS.test(name)) ? best : undefined;
}

function toColumns(names: string[], delimiter: string): Columns {
  return { delimiter, names, roles: names.map(roleOf) };
}

function known(roles: (Role | undefined)[]): number {
  return roles.filter(Boolean).length;
}
