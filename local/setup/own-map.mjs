import { decode, encode } from '@jridgewell/sourcemap-codec';

/**
 * The source map of a program without its libraries. Node.js reads a program's map when an error's stack is looked at for the first time, and keeps
 * it: with libraries that stops everything for a third of a second or more, and takes some 50 MB. What is a library's is marked as nobody's,
 * so a line of it is not taken for ours.
 * `map`: version 3 (ECMA-426), as esbuild writes it.
 */
export function ownMap(map) {
  const own = map.sources.map((source) => !source.includes('node_modules/'));
  let nobodys = false;
  const lines = decode(map.mappings).map((line) =>
    line.flatMap((segment) => {
      const ours = segment.length > 1 && own[segment[1]];
      const kept = ours || !nobodys;
      nobodys = !ours;
      return kept ? [ours ? segment : [segment[0]]] : [];
    }),
  );
  // Sources and names keep their numbers; what nobody refers to any more is emptied.
  const named = new Set(lines.flat().map((segment) => segment[4]));
  return {
    ...map,
    sources: map.sources.map((source, i) => (own[i] ? source : '')),
    names: map.names.map((name, i) => (named.has(i) ? name : '')),
    mappings: encode(lines),
  };
}
