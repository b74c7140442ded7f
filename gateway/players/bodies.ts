import type { FastifyInstance } from 'fastify';

/** Bodies as text, whatever their type is said to be: players are careless about it. The protocol's own reader takes them apart. */
export function acceptText(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
}

/** A form as `application/x-www-form-urlencoded` writes it; of a field that comes twice the first counts. */
export function readForm(body: unknown): (name: string) => string {
  const fields = new URLSearchParams(typeof body === 'string' ? body : '');
  return (name) => fields.get(name) ?? '';
}
