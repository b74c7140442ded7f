import { accessChanges, type NodeAccess, type NodeChange, narrows, USUAL } from './node-access.ts';

/**
 * Something with access rights of its own, such as a PEP node. What all places of one account were
 * told is kept in one `NodeAccess`. `kept`: what stands there, with a blank, before the names of
 * this place's fields; empty for the first place, whose fields have their names alone. `usual`: the
 * access before anybody has changed it.
 */
export type NodePlace = { readonly kept: string; readonly usual: NodeAccess };

/** Where there is one place alone. */
export const ONE_PLACE: readonly NodePlace[] = [{ kept: '', usual: USUAL }];

/** What has to be told so that each place stands as it is wanted, or as it usually is. A place that was told nothing yet differs by all of it. */
export function placeChanges(
  places: readonly NodePlace[],
  known: NodeAccess,
  wanted: NodeAccess | undefined,
): NodeChange[] {
  return places.flatMap((place) =>
    accessChanges(accessAt(place, known), wanted ?? place.usual).map(
      ([field, value]) => [nameOf(place, field), value] as const,
    ),
  );
}

/** Whether somebody who could look into one of the places, or may have been able to, no longer shall. */
export function narrowsAny(places: readonly NodePlace[], known: NodeAccess, wanted: NodeAccess | undefined): boolean {
  return places.some((place) => narrows(accessAt(place, known), wanted ?? place.usual));
}

/** Those of the changes that are this place's, as it names them. */
export function changesAt({ kept }: NodePlace, changes: Iterable<NodeChange>): NodeChange[] {
  if (kept === '') return [...changes].filter(([field]) => !field.includes(' '));
  const own = [...changes].filter(([field]) => field.startsWith(`${kept} `));
  return own.map(([field, value]) => [field.slice(kept.length + 1), value] as const);
}

function accessAt(place: NodePlace, known: NodeAccess): NodeAccess {
  return new Map([...place.usual, ...changesAt(place, known)]);
}

function nameOf({ kept }: NodePlace, field: string): string {
  return kept === '' ? field : `${kept} ${field}`;
}
