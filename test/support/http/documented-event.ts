import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';
import { CarrierEvent } from '../../../gateway/schemas/events.ts';

const strict = closed(CarrierEvent) as TSchema;
const compiled = Compile(strict);

/** What of an event is not as the API's document says, members included of which it says nothing. */
export function undocumentedInEvent(event: unknown): string[] {
  return compiled.Check(event) ? [] : undocumented(CarrierEvent, event);
}

/** The same of any value and its schema. */
export function undocumented(schema: unknown, value: unknown): string[] {
  const faults = [...Value.Errors(closed(schema) as TSchema, value)];
  return faults.map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** A schema whose objects have no members but those that they name. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const within = Object.entries(schema).map(([key, value]) => [key, closed(value)]);
  return { ...Object.fromEntries(within), ...('properties' in schema && { additionalProperties: false }) };
}
