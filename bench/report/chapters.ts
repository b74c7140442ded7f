/** What stands under one heading of `docs/benchmarks.md`. */
export type Chapter = { title: string; text: string };

/** The chapters that the measured ones leave as they are, and these; in the order of the titles, and none that has no title there. */
export function withMeasured(
  kept: readonly Chapter[],
  measured: readonly Chapter[],
  titles: readonly string[],
): Chapter[] {
  const byTitle = new Map([...kept, ...measured].map((chapter) => [chapter.title, chapter]));
  return titles.flatMap((title) => byTitle.get(title) ?? []);
}

/** The chapters of a report, as {@link reportOf} wrote it. */
export function chaptersOf(report: string): Chapter[] {
  const [, ...parts] = report.split(/^## /m);
  return parts.map((part) => {
    const end = part.indexOf('\n');
    return { title: part.slice(0, end), text: part.slice(end).trim() };
  });
}

/** The whole report: what stands before the first chapter, and the chapters. */
export function reportOf(beginning: string, chapters: readonly Chapter[]): string {
  return [beginning, ...chapters.map(({ title, text }) => `## ${title}\n\n${text}`)].join('\n\n').concat('\n');
}
