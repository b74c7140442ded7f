import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import { toSourceView } from '../books/source-fields.ts';
import type { Context } from '../context.ts';

/** Network address books as their owner sees them: the credentials are given to nobody. */
export async function exportSources({ stores, now }: Context, { id }: Subscriber) {
  return (await stores.sources.list(id)).map((source) => toSourceView(source, now()));
}
