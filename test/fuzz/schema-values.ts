import fc from 'fast-check';
import { hostileText } from './hostile-text.ts';

/** The parts of JSON Schema that the OpenAPI document uses. */
export type Schema = {
  type?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  enum?: unknown[];
  examples?: unknown[];
  pattern?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
};

/** Values that a schema allows, as far as the schema tells. */
export function validValue(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(validValue));
  if (schema.enum) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'object':
      return validObject(schema);
    case 'array':
      return fc.array(validValue(schema.items ?? {}), { maxLength: 4 });
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -10, max: schema.maximum ?? 1_000_000 });
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case 'boolean':
      return fc.boolean();
    case 'string':
      return validText(schema);
    default:
      return fc.jsonValue();
  }
}

function validObject({ properties = {}, required = [] }: Schema): fc.Arbitrary<unknown> {
  const model = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, validValue(schema)]));
  return fc.record(model, { requiredKeys: required.filter((name) => name in model), noNullPrototype: true });
}

function validText({ examples, pattern, format, minLength = 0, maxLength = 60 }: Schema): fc.Arbitrary<string> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  if (format === 'date-time') return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  const text = fc.string({ unit: 'grapheme', minLength, maxLength: Math.max(minLength, Math.min(maxLength, 60)) });
  if (!examples) return text;
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...examples.map(String)).chain(relatives) },
    { weight: 1, arbitrary: text },
  );
}

/** A number like the example, so that not every call meets the same subscriber. */
function relatives(example: string): fc.Arbitrary<string> {
  if (!/^\+\d+$/.test(example)) return fc.constant(example);
  return fc.integer({ min: 0, max: 9999 }).map((end) => example.slice(0, -4) + `${end}`.padStart(4, '0'));
}

/** Any JSON, often with keys that mean something to JavaScript. */
export const hostileJson: fc.Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1e308,
    2 ** 53,
    0.1,
    '',
    [],
    {},
    [[]],
    { length: 7 },
    { __proto__: null },
  ),
  fc.integer({ min: 1, max: 200 }).map(nested),
  fc.dictionary(hostileText, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 5 }),
);

function nested(depth: number): unknown {
  let value: unknown = 'deep';
  for (let i = 0; i < depth; i += 1) value = i % 2 ? [value] : { a: value };
  return value;
}

/** The value with one place of it replaced, removed or added. `way`: which child to go into at each step. */
export function withOneChange(value: unknown, way: readonly number[], change: unknown): unknown {
  const [step, ...rest] = way;
  if (step === undefined || typeof value !== 'object' || value === null) return change;
  if (Array.isArray(value)) {
    const at = step % (value.length + 1);
    return [...value.slice(0, at), withOneChange(value[at], rest, change), ...value.slice(at + 1)];
  }
  const names = [...Object.keys(value), '__proto__', 'extra'];
  const name = names[step % names.length] as string;
  const changed = withOneChange((value as Record<string, unknown>)[name], rest, change);
  return Object.fromEntries([...Object.entries(value).filter(([key]) => key !== name), [name, changed]]);
}
