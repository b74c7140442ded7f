import { isDeepStrictEqual } from 'node:util';
import type { Schema } from './described.ts';

const PLACE = '#/components/schemas/';
/** Where values stand, which may have a title that is none of a shape. */
const VALUES: ReadonlySet<string> = new Set(['example', 'examples']);

/**
 * Puts each shape that has a name (`named`, in gateway/schemas) into one place, and a `$ref` where it stood. Fastify has compiled its
 * validators and serializers from the shapes themselves, so this touches no request. @throws where two shapes go by one name
 */
export function createSchemaShelf() {
  const schemas: Record<string, Schema> = {};

  function shelve(node: unknown): unknown {
    if (Array.isArray(node)) return node.map(shelve);
    if (typeof node !== 'object' || node === null) return node;
    const within: Record<string, unknown> = Object.fromEntries(
      Object.entries(node).map(([key, value]) => [key, VALUES.has(key) ? value : shelve(value)]),
    );
    const { title, ...schema } = within;
    if (typeof title !== 'string') return within;
    if (schemas[title] && !isDeepStrictEqual(schemas[title], schema))
      throw new Error(`Two shapes are named ${title}: give one of them another name.`);
    schemas[title] = schema;
    return { $ref: PLACE + title };
  }

  return {
    schemas,
    /** The same with references. */
    shelve: <T>(node: T): T => shelve(node) as T,
  };
}

/** The name of a shape that is referred to. */
export function nameOf(schema: Schema | undefined): string | undefined {
  return schema?.$ref?.startsWith(PLACE) ? schema.$ref.slice(PLACE.length) : undefined;
}
