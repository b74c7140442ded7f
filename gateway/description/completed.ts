import { responses, withAnswers } from './answers.ts';
import type { Content, Described, Operation, RouteFacts, Schema } from './described.ts';
import { EXAMPLES } from './examples/examples.ts';
import { headers, parameters, withFieldsSent } from './headers.ts';
import { createSchemaShelf, nameOf } from './named-schemas.ts';
import { withAccess } from './security.ts';
import { webhooks } from './webhooks.ts';

/** The document that Fastify has made of the routes, with what it cannot know: names, header fields, statuses, examples. */
export function completed(made: Described, routeOf: (operationId: string) => RouteFacts | undefined): Described {
  const shelf = createSchemaShelf();
  const complete = (operation: Operation): Operation => {
    const route = routeOf(operation.operationId);
    if (!route) throw new Error(`${operation.operationId} is the operation of no route.`);
    const told = withFieldsSent(withAnswers(withAccess(withOptionalBody(operation), route), route), route);
    return withExamples(shelf.shelve(told));
  };
  const paths = Object.entries(made.paths).map(([path, methods]) => [
    path,
    Object.fromEntries(Object.entries(methods).map(([method, operation]) => [method, complete(operation)])),
  ]);
  const shelved = { webhooks: shelf.shelve(webhooks), responses: shelf.shelve(responses) };
  return {
    ...made,
    paths: Object.fromEntries(paths),
    webhooks: shelved.webhooks,
    components: {
      ...made.components,
      schemas: sorted(shelf.schemas),
      parameters,
      headers,
      responses: shelved.responses,
    },
  };
}

/** A body that may be null may be left out. */
function withOptionalBody(operation: Operation): Operation {
  const { requestBody } = operation;
  const { schema } = requestBody?.content['application/json'] ?? {};
  const [body, ...others] = schema?.anyOf?.filter(({ type }) => type !== 'null') ?? [];
  if (!body || others.length > 0 || body === schema?.anyOf?.at(-1)) return operation;
  return { ...operation, requestBody: { required: false, content: { 'application/json': { schema: body } } } };
}

function withExamples(operation: Operation): Operation {
  const { requestBody, responses: answers } = operation;
  const shown = Object.entries(answers).map(([status, answer]) =>
    'content' in answer && answer.content
      ? [status, { ...answer, content: exemplified(answer.content) }]
      : [status, answer],
  );
  return {
    ...operation,
    ...(requestBody && { requestBody: { ...requestBody, content: exemplified(requestBody.content) } }),
    responses: Object.fromEntries(shown),
  };
}

function exemplified(content: Content): Content {
  const media = Object.entries(content).map(([type, one]) => {
    const example = exampleOf(type, one.schema);
    return [type, example === undefined ? one : { ...one, example }];
  });
  return Object.fromEntries(media);
}

/** Of a text that holds shapes, a line for each of them. */
function exampleOf(type: string, schema: Schema | undefined): unknown {
  const name = nameOf(schema) ?? nameOf(schema?.contentSchema as Schema | undefined);
  return name === undefined ? EXAMPLES[type] : EXAMPLES[name];
}

function sorted<T>(named: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(named).sort(([a], [b]) => a.localeCompare(b)));
}
