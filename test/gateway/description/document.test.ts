import { expect } from 'chai';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { EVENT_TYPES } from '../../../domain/subscription/event-types.ts';
import type { Content, Described, Operation } from '../../../gateway/description/described.ts';
import { EXAMPLES } from '../../../gateway/description/examples/examples.ts';
import { createSchemaShelf } from '../../../gateway/description/named-schemas.ts';
import { openTestGateway, type TestGateway } from '../../support/gateway.ts';
import { undocumented } from '../../support/http/documented-event.ts';
import { withoutRefs } from '../../support/http/openapi.ts';
import { useRedis } from '../../support/redis.ts';

/** What is sent or answered in one place of the document. */
type Place = {
  where: string;
  type: string;
  schema: TSchema & { $ref?: string; type?: string; contentSchema?: TSchema };
  example: unknown;
};

describe('the OpenAPI document', () => {
  const server = useRedis();
  let gateway: TestGateway;
  let document: Described;
  let whole: Described;

  before(async () => {
    gateway = await openTestGateway(server);
    const { text } = await gateway.call({ method: 'GET', url: '/openapi.json' });
    document = JSON.parse(text);
    whole = withoutRefs(document) as Described;
  });

  after(async () => gateway?.stop());

  it('names the shape of each JSON body and answer, and shows an example of it', () => {
    const unnamed = placesOf(document).filter(
      ({ type, schema, example }) => /json$/.test(type) && (schema.$ref === undefined || example === undefined),
    );
    const parts = unnamed.filter(({ schema }) => schema.contentSchema === undefined);
    expect(
      parts.map(({ where }) => where),
      'give these a name (`named`, gateway/schemas) and an example (gateway/description/examples)',
    ).to.deep.equal([]);
  });

  it('has examples that fit their schemas, and none that is shown nowhere', () => {
    const places = placesOf(whole).filter(({ example }) => example !== undefined);
    for (const { where, type, schema, example } of places) {
      const { contentSchema } = schema;
      const values = contentSchema ? partsOf(type, String(example)) : [example];
      for (const value of values) {
        const check = contentSchema ?? schema;
        expect([...Value.Errors(check, value)], `${where}: ${JSON.stringify(value)}`).to.deep.equal([]);
      }
    }
    const shown = new Set(places.map(({ example }) => JSON.stringify(example)));
    const idle = Object.entries(EXAMPLES).filter(([, example]) => !shown.has(JSON.stringify(example)));
    expect(idle.map(([name]) => name)).to.deep.equal([]);
  });

  it('says of each event stream which events it has', () => {
    const streams = placesOf(document).filter(({ type }) => type === 'text/event-stream');
    expect(streams).to.have.length(3);
    for (const { where, schema, example } of streams) {
      expect((schema.contentSchema as { $ref?: string } | undefined)?.$ref, where).to.match(/Event$/);
      expect(example, where).to.be.a('string');
    }
  });

  it('shows an event of each type that a sink is told of', () => {
    const events = placesOf(whole).filter(({ type }) => type === 'application/cloudevents+json');
    const types = events.map(({ example }) => (example as { type?: string }).type);
    const own = ['resumed', 'restored', 'ended'].map((word) => `org.earshot.v1.subscription-${word}`);
    const posted = types.filter((type) => type !== 'org.earshot.v1.number-recycled');
    expect(posted).to.have.members([...EVENT_TYPES, ...own]);
    for (const { where, schema, example } of events)
      if (posted.includes((example as { type?: string }).type))
        expect(undocumented(schema, example), where).to.deep.equal([]);
  });

  it('says of each part of a path what it is', () => {
    const parts = callsOf(whole).flatMap(([path, method, { parameters = [] }]) =>
      (parameters as { in: string; name: string; description?: string }[])
        .filter((one) => one.in === 'path' && !one.description)
        .map(({ name }) => `${method} ${path} ${name}`),
    );
    expect(parts).to.deep.equal([]);
  });

  it('has every code, role, caller and reason as an enumeration', () => {
    const texts: string[] = [];
    const look = (node: unknown, place: string): void => {
      if (typeof node !== 'object' || node === null) return;
      const { type, enum: words, properties = {} } = node as { type?: string; enum?: unknown; properties?: object };
      const isWord = /\.(?:code|role|caller|terminationReason)$/.test(place);
      if (isWord && type === 'string' && words === undefined) texts.push(place);
      for (const [key, value] of Object.entries(properties)) look(value, `${place}.${key}`);
      for (const [key, value] of Object.entries(node)) if (key !== 'properties') look(value, `${place}/${key}`);
    };
    look(document.components.schemas, 'schemas');
    // Codes of another kind: the six digits with which people log in.
    const digits = ['schemas/CodeValidation.code', 'schemas/WaitingCodes.codes/items.code'];
    expect(texts).to.have.members(digits);
  });

  it('has an ETag for every answer that carries one, and for no other', async () => {
    const id = await gateway.join('+8613800138000');
    const asked = callsOf(whole).filter(([path, method]) => method === 'get' && path.startsWith('/v1/'));
    for (const [path, , operation] of asked) {
      const url = path.replace('{subscriberId}', id);
      // An event stream would not end; it has none.
      const { status, headers } = url.endsWith('/events')
        ? { status: 200, headers: {} }
        : await gateway.call({ method: 'GET', url, headers: gateway.operator });
      if (status !== 200) continue;
      const told = (operation.responses['200'] as { headers: object }).headers;
      expect('ETag' in told, path).to.equal('etag' in headers);
    }
  });

  it('has the name of an export, and that an answer was given before', async () => {
    const headersOf = (path: string, method: string, status: number) => {
      const answer = whole.paths[path]?.[method]?.responses[status] as { headers?: object } | undefined;
      return Object.keys(answer?.headers ?? {}).map((name) => name.toLowerCase());
    };
    const id = await gateway.join('+8613800138001');
    const { headers } = await gateway.call({
      method: 'GET',
      url: `/v1/subscribers/${id}/export`,
      headers: gateway.operator,
    });
    expect(headers).to.include.keys('content-disposition');
    expect(headersOf('/v1/subscribers/{subscriberId}/export', 'get', 200)).to.include('content-disposition');
    const unknown = {
      method: 'POST',
      url: '/v1/subscribers/nobody/tokens',
      headers: { ...gateway.operator, 'idempotency-key': 'one' },
      json: {},
    } as const;
    await gateway.call(unknown);
    const again = await gateway.call(unknown);
    expect(again.status).to.equal(404);
    expect(again.headers).to.include({ 'idempotency-replayed': 'true' });
    expect(headersOf('/v1/subscribers/{subscriberId}/tokens', 'post', 404)).to.include('idempotency-replayed');
  });

  it('says of each call by which codes it may be refused', () => {
    const statuses = (path: string, method: string) => Object.keys(whole.paths[path]?.[method]?.responses ?? {});
    expect(statuses('/v1/subscribers/{subscriberId}/now-playing', 'put')).to.deep.equal(
      '202 400 401 403 404 409 412 413 415 429 500 503 default'.split(' '),
    );
    expect(statuses('/v1/verification/send-code', 'post')).to.deep.equal(
      '202 400 409 412 413 415 422 429 500 503 default'.split(' '),
    );
    const { Problem } = whole.components.schemas as { Problem: { properties: { code: { enum: string[] } } } };
    expect(Problem.properties.code.enum).to.include.members(['IDEMPOTENCY_KEY_REUSED', 'UNAVAILABLE']);
  });

  it('is not made where two shapes go by one name', () => {
    const shelf = createSchemaShelf();
    shelf.shelve([{ title: 'Tune', type: 'string' }]);
    expect(shelf.shelve([{ title: 'Tune', type: 'string' }])).to.deep.equal([{ $ref: '#/components/schemas/Tune' }]);
    expect(() => shelf.shelve({ title: 'Tune', type: 'integer' })).to.throw('Two shapes are named Tune');
  });
});

function callsOf({ paths }: Described): [path: string, method: string, Operation][] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [path, method, operation] as [string, string, Operation]),
  );
}

function placesOf(described: Described): Place[] {
  const told = callsOf({ ...described, paths: described.webhooks ?? {} });
  return [...callsOf(described), ...told].flatMap(([path, method, { requestBody, responses }]) => {
    const answers = Object.entries(responses).flatMap(([status, answer]) =>
      inContent(`${method} ${path} ${status}`, 'content' in answer ? answer.content : undefined),
    );
    return [...inContent(`${method} ${path} body`, requestBody?.content), ...answers];
  });
}

function inContent(where: string, content: Content = {}): Place[] {
  return Object.entries(content).flatMap(([type, { schema, example, examples }]) =>
    Object.entries(examples ?? { '': { value: example } }).map(([name, { value }]) => ({
      where: `${where} ${type} ${name}`,
      type,
      schema: schema as TSchema,
      example: value,
    })),
  );
}

/** The parts of a text: messages of a stream, or lines of JSON. */
function partsOf(type: string, text: string): unknown[] {
  if (type !== 'text/event-stream')
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  return text
    .split('\n\n')
    .filter(Boolean)
    .map((message) => {
      const fields = message.split('\n').map((line) => line.split(/: (.*)/, 2) as [string, string]);
      return Object.fromEntries(fields.map(([name, value]) => [name, name === 'data' ? JSON.parse(value) : value]));
    });
}
