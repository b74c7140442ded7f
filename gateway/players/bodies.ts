import type { FastifyInstance } from 'fastify';

/** Bodies as text, whatever their type is said to be: players are careless about it. The protocol's own reader takes them apart. */
export function acceptText(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
}

/**
 * A form as `application/x-www-form-urlencoded` writes it; of a field that comes twice the first counts. What the body
 * leaves out may stand in the query of the URL.
 */
export function readForm(body: unknown, query: unknown): (name: string) => string {
  const fields = new URLSearchParams(typeof body === 'string' ? body : '');
  const beside = query as Readonly<Record<string, unknown>>;
  return (name) => fields.get(name) || firstText(Object.hasOwn(beside, name) ? beside[name] : undefined);
}

function firstText(value: unknown): string {
  const [first] = Array.isArray(value) ? value : [value];
  return typeof first === 'string' ? first : '';
}
