import { readFileSync } from 'node:fs';

/** What there is, each thing by a number of its own; 0 is the root. */
export type Heap = {
  /** All that is reached from the root, the nearest first. */
  reached: readonly number[];
  /** As V8 names it: `object`, `array`, `code` … */
  typeOf(thing: number): string;
  /** Of an object its class, of a function its own. */
  nameOf(thing: number): string;
  /** The thing that holds it on the shortest way to the root, and the property or variable by which it does; empty for an element. */
  holderOf(thing: number): number;
  placeOf(thing: number): string;
  /** What it holds, but for what it does not keep alive. */
  heldBy(thing: number): number[];
};

/** As V8 writes it: nodes and edges are rows of numbers, one after the other, whose fields `meta` names; the edges in the order of their nodes. */
type Snapshot = {
  snapshot: {
    meta: { node_fields: string[]; node_types: [string[]]; edge_fields: string[]; edge_types: [string[]] };
  };
  nodes: number[];
  edges: number[];
  strings: string[];
};

/** A heap that `v8.writeHeapSnapshot` has written. */
export function readHeap(file: string): Heap {
  const { snapshot, nodes, edges, strings } = JSON.parse(readFileSync(file, 'utf8')) as Snapshot;
  const { meta } = snapshot;
  const [nodeWidth, edgeWidth] = [meta.node_fields.length, meta.edge_fields.length];
  const ofNode = (field: string) => {
    const place = meta.node_fields.indexOf(field);
    return (node: number) => nodes[node * nodeWidth + place] as number;
  };
  const ofEdge = (field: string) => {
    const place = meta.edge_fields.indexOf(field);
    return (edge: number) => edges[edge * edgeWidth + place] as number;
  };
  const [nodeType, nodeName, edgeCount] = [ofNode('type'), ofNode('name'), ofNode('edge_count')];
  const [edgeType, edgeName, target] = [ofEdge('type'), ofEdge('name_or_index'), ofEdge('to_node')];
  const edgeTypeOf = (edge: number) => meta.edge_types[0][edgeType(edge)] as string;
  const targetOf = (edge: number) => target(edge) / nodeWidth;

  const count = nodes.length / nodeWidth;
  const firstEdge = new Uint32Array(count + 1);
  for (let node = 0; node < count; node += 1) firstEdge[node + 1] = (firstEdge[node] as number) + edgeCount(node);

  function edgesOf(node: number): number[] {
    const [first, end] = [firstEdge[node] as number, firstEdge[node + 1] as number];
    return Array.from({ length: end - first }, (_, i) => first + i).filter((edge) => edgeTypeOf(edge) !== 'weak');
  }

  const [by, from] = [new Int32Array(count).fill(-1), new Int32Array(count).fill(-1)];
  const reached = [0];
  for (const node of reached)
    for (const edge of edgesOf(node)) {
      const next = targetOf(edge);
      if (next === 0 || from[next] !== -1) continue;
      from[next] = node;
      by[next] = edge;
      reached.push(next);
    }

  return {
    reached,
    typeOf: (thing) => meta.node_types[0][nodeType(thing)] as string,
    nameOf: (thing) => strings[nodeName(thing)] as string,
    holderOf: (thing) => from[thing] as number,
    placeOf(thing) {
      const edge = by[thing] as number;
      return edge === -1 || ['element', 'hidden'].includes(edgeTypeOf(edge)) ? '' : (strings[edgeName(edge)] as string);
    },
    heldBy: (thing) => edgesOf(thing).map(targetOf),
  };
}
