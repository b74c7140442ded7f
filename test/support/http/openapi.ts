/** A document with what it refers to in the places of the references; none refers to itself. */
export function withoutRefs(document: unknown): unknown {
  const resolve = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(resolve);
    if (typeof node !== 'object' || node === null) return node;
    const { $ref } = node as { $ref?: unknown };
    if (typeof $ref === 'string') return resolve(at(document, $ref));
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, resolve(value)]));
  };
  return resolve(document);
}

function at(document: unknown, ref: string): unknown {
  const found = ref
    .slice('#/'.length)
    .split('/')
    .reduce((node, name) => (node as Record<string, unknown> | undefined)?.[name], document);
  if (found === undefined) throw new Error(`${ref} leads nowhere`);
  return found;
}
