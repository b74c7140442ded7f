import { ADMITTING, type OutletName } from '../../domain/playing/outlets.ts';
import type { Marks } from '../../store/base/marks.ts';
import type { Stores } from '../../store/stores.ts';

/** As if the outlets that tell friends apart, but for one, showed nothing any more to those whose parting was `seen`, now by default. */
export async function clearPartings(
  stores: Stores,
  id: string,
  { but, seen }: { but?: OutletName; seen?: Marks } = {},
): Promise<void> {
  const marks = seen ?? (await stores.sharing.partings(id));
  for (const outlet of ADMITTING) if (outlet !== but) await stores.sharing.clear(id, outlet, marks);
}
