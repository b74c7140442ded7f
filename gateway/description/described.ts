import type { FastifyContextConfig, FastifyInstance } from 'fastify';

// The parts of an OpenAPI 3.1 document that are worked on here.

export type Schema = {
  $ref?: string;
  title?: string;
  type?: string;
  anyOf?: Schema[];
  [keyword: string]: unknown;
};
export type Media = { schema?: Schema; example?: unknown; examples?: Record<string, { value: unknown }> };
export type Content = Record<string, Media>;
export type Ref = { $ref: string };
export type Answer = { description?: string; headers?: Record<string, Ref>; content?: Content };
export type Operation = {
  operationId: string;
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: (Ref | { in: string; name: string; [field: string]: unknown })[];
  requestBody?: { required?: boolean; content: Content };
  responses: Record<string, Answer | Ref>;
  security?: Record<string, string[]>[];
  [extension: `x-${string}`]: unknown;
};
export type Described = {
  paths: Record<string, Record<string, Operation>>;
  webhooks?: Record<string, Record<string, Operation>>;
  components: Record<string, Record<string, unknown>>;
  [field: string]: unknown;
};

/** What the code says of a route beside its schemas. */
export type RouteFacts = { method: string; url: string; config: FastifyContextConfig };

/** Follows every route that is registered after this; what comes back is asked when all are there. By operationId. */
export function rememberRoutes(app: FastifyInstance): (operationId: string) => RouteFacts | undefined {
  const routes = new Map<string, { method: string | string[]; url: string; config?: FastifyContextConfig }>();
  app.addHook('onRoute', (route) => {
    const id = route.schema?.operationId;
    if (id !== undefined && route.method !== 'HEAD') routes.set(id, route);
  });
  return (operationId) => {
    const route = routes.get(operationId);
    return route && { method: `${route.method}`, url: route.url, config: route.config ?? {} };
  };
}
