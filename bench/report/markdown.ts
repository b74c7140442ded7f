export function heading(level: number, text: string): string {
  return `${'#'.repeat(level)} ${text}`;
}

/** A table whose first row names the columns. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}
