import { withoutRefs } from '../support/http/openapi.ts';
import type { Schema } from './schema-values.ts';

/** One call of the API as the OpenAPI document describes it. */
export type Operation = {
  method: string;
  path: string;
  params: { in: string; name: string; schema: Schema }[];
  /** The body's schema for each media type. */
  bodies: [type: string, schema: Schema][];
  /** Of its answers. */
  statuses: string[];
};

type Documented = {
  parameters?: Operation['params'];
  requestBody?: { content: Record<string, { schema?: Schema }> };
  responses: Record<string, unknown>;
};

/** Every call of the running gateway, so that a new route is fuzzed without a change here. */
export async function readOperations(gatewayUrl: string): Promise<Operation[]> {
  const document = withoutRefs(await (await fetch(`${gatewayUrl}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Documented>>;
  };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody, responses }]) => ({
      method: method.toUpperCase(),
      path,
      // Header fields are drawn for all calls alike.
      params: parameters.filter((one) => one.in !== 'header'),
      bodies: Object.entries(requestBody?.content ?? {}).map(([type, { schema }]): [string, Schema] => [
        type,
        schema ?? {},
      ]),
      statuses: Object.keys(responses),
    })),
  );
}
