import type { Columns } from './columns.ts';
import { type CsvContact, contactOf } from './contact.ts';
import { holdsTelephones } from './content.ts';
import { splitRow } from './quotes.ts';

/**
 * What became of the columns of a file, by their headers. `guessed`: taken for telephone numbers by what they hold; `notUnderstood`: hold
 * something, and were passed over. A hundred of each at most.
 */
export type ColumnReport = { read: string[]; guessed: string[]; notUnderstood: string[] };

/** Reads rows by their columns, those among them that only their values tell. */
export type ColumnReader = {
  /** @returns false when no column holds telephone numbers */
  learn(rows: readonly string[]): boolean;
  contactOf(row: string): CsvContact | undefined;
  report(): ColumnReport;
};

const MOST_NAMES = 100;
const LONGEST_NAME = 100;

/** A column without a known header is judged by its values in the first rows, or, when it has none there, by its first one. */
export function createColumnReader({ delimiter, names, roles: byHeader }: Columns): ColumnReader {
  const roles = [...byHeader];
  const guessed = new Set<number>();
  const notUnderstood = new Set<number>();
  let open = roles.flatMap((role, at) => (role === undefined ? [at] : []));

  function judge(rows: readonly string[][]): void {
    open = open.filter((at) => {
      const values = rows.flatMap((fields) => fields[at]?.trim() || []);
      if (values.length === 0) return true;
      if (holdsTelephones(values)) {
        roles[at] = 'phone';
        guessed.add(at);
      } else notUnderstood.add(at);
      return false;
    });
  }
  /** Where no header is known, the one column of words beside the numbers is the name; of several nobody can tell which. */
  function nameAmong(rows: readonly string[][]): void {
    const [at, ...others] = [...notUnderstood].filter((one) => rows.some((fields) => /\p{L}/u.test(fields[one] ?? '')));
    if (at === undefined || others.length > 0) return;
    roles[at] = 'name';
    guessed.add(at);
    notUnderstood.delete(at);
  }
  function named(columns: Iterable<number>): string[] {
    return [...columns]
      .slice(0, MOST_NAMES)
      .map((at) => names[at]?.trim().slice(0, LONGEST_NAME) || `column ${at + 1}`);
  }
  return {
    learn(rows) {
      const split = rows.map((row) => splitRow(row, delimiter));
      judge(split);
      if (!byHeader.some(Boolean)) nameAmong(split);
      return roles.includes('phone');
    },
    contactOf(row) {
      const fields = splitRow(row, delimiter);
      if (open.length > 0) judge([fields]);
      return contactOf(fields, roles);
    },
    report() {
      const read = byHeader.flatMap((role, at) => (role !== undefined && role !== 'unused' ? [at] : []));
      return { read: named(read), guessed: named(guessed), notUnderstood: named(notUnderstood) };
    },
  };
}
