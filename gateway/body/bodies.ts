import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { bytesOf, requireSize } from './body-stream.ts';

/** Fields of a form that are read; fifty tracks have five hundred. */
const MOST_FIELDS = 2_000;

/** Bodies as text, whatever their type is said to be: players are careless about it. The protocol's own reader takes them apart. */
export function acceptText(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
}

/** Bodies as they come, whatever their type is said to be, of so many bytes; `streamOf` reads them. */
export function acceptStream(app: FastifyInstance, most: number): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', async (request: FastifyRequest, payload: IncomingMessage) => {
    requireSize(Number(request.headers['content-length'] ?? 0), most);
    return bytesOf(request, payload, most);
  });
}

/** The body of a request where streams are accepted. @throws Fault PAYLOAD_TOO_LARGE and INVALID_ARGUMENT, while it is read */
export async function* streamOf({ body }: FastifyRequest): AsyncGenerator<Buffer> {
  if (body !== undefined) yield* body as AsyncIterable<Buffer>;
}

/**
 * A form as `application/x-www-form-urlencoded` writes it; of a field that comes twice the first counts. What the body
 * leaves out may stand in the query of the URL.
 */
export function readForm(body: unknown, query: unknown): (name: string) => string {
  const text = typeof body === 'string' ? body : '';
  const fields = new URLSearchParams(text.split('&', MOST_FIELDS).join('&'));
  const beside = query as Readonly<Record<string, unknown>>;
  return (name) => fields.get(name) || firstText(Object.hasOwn(beside, name) ? beside[name] : undefined);
}

function firstText(value: unknown): string {
  const [first] = Array.isArray(value) ? value : [value];
  return typeof first === 'string' ? first : '';
}
