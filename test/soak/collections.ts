import type { Heap } from './heap.ts';

/** How many entries the maps, sets and arrays of a heap have, by what they are and who holds them: `Map <sessions> ← open <open> ← …`. */
export type Collections = ReadonlyMap<string, { entries: number; held: string }>;

/** Names that tell a collection from others, and those that are shown, from itself on. Further away the shortest way to it may be another one. */
const NEAR = 3;
const FAR = 7;
const LONGEST_NAME = 40;
/** Where V8 keeps the entries of a map or a set, and of an array. */
const STORES = ['table', 'elements'];
/** What is an entry; the rest are places that are free, and what V8 keeps for itself. */
const ENTRIES = ['string', 'concatenated string', 'sliced string', 'object', 'array', 'closure', 'number', 'native'];

/** What stands beside compiled code is left out, as it grows with what has run. An entry that is a small integer is no thing of its own, and not counted. */
export function collectionsIn(heap: Heap): Collections {
  const found = new Map<string, { entries: number; held: string }>();
  for (const store of heap.reached) {
    if (heap.typeOf(store) !== 'array' || !STORES.includes(heap.placeOf(store))) continue;
    const entries = heap.heldBy(store).filter((thing) => ENTRIES.includes(heap.typeOf(thing))).length;
    const names = entries > 0 ? holdersOf(heap, store) : [];
    if (names.length < NEAR) continue;
    const key = names.slice(0, NEAR).join(' ← ');
    const others = found.get(key);
    found.set(key, { entries: entries + (others?.entries ?? 0), held: others?.held ?? names.join(' ← ') });
  }
  return found;
}

/** What has become more from each heap to the next, by so many entries each time. */
export function grown(heaps: readonly Collections[], least: number): { held: string; entries: number[] }[] {
  return [...(heaps.at(-1) ?? [])].flatMap(([key, { held }]) => {
    const entries = heaps.map((heap) => heap.get(key)?.entries ?? 0);
    const grows = entries.slice(1).every((now, i) => now - (entries[i] ?? 0) >= least);
    return grows ? [{ held, entries }] : [];
  });
}

/** From what has that store on, until where compiled code or the process itself holds it. */
function holdersOf(heap: Heap, store: number): string[] {
  const names: string[] = [];
  for (let thing = heap.holderOf(store); thing > 0 && names.length < FAR; thing = heap.holderOf(thing)) {
    if (['code', 'synthetic'].includes(heap.typeOf(thing))) return names;
    const place = heap.placeOf(thing).slice(0, LONGEST_NAME);
    const name = `${heap.nameOf(thing).slice(0, LONGEST_NAME)}${place && ` <${place}>`}`;
    names.push(name.replace(/0x[0-9a-f]+|\d+/g, '#').trim());
  }
  return names;
}
