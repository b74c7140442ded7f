import type { ServiceContext } from '../context.ts';

/** The names of all groups in a subscriber's books, its own and those of its sources, sorted; `most` of them. */
export async function groupsOfBooks({ stores }: ServiceContext, id: string, most: number): Promise<string[]> {
  const groups = new Set<string>();
  for (const source of [undefined, ...(await stores.sources.names(id))])
    for await (const { labels } of stores.addressBooks.entriesOf(id, source))
      for (const label of labels) for (const group of label.groups) if (groups.size < most) groups.add(group);
  return [...groups].sort((a, b) => a.localeCompare(b));
}
