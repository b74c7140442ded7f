import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { Fault } from '../../domain/fault.ts';
import type { Context } from '../context.ts';
import { PAGE_POLICY } from '../http/browser-headers.ts';
import { type PageFile, readPageFiles } from '../http/page-files.ts';
import { named, problems } from '../schemas/common.ts';

/** A name has the hash of its content in it, so what it once answered stays right. */
const FOR_EVER = 'public, max-age=31536000, immutable';
const PageSettings = named(
  'PageSettings',
  Type.Object({
    name: Type.String({ description: 'What the operator calls the page' }),
    searchUrl: Type.Optional(
      Type.String({
        description: 'Where a piece can be looked up: {title} and {artist} are to be filled in, percent-encoded',
      }),
    ),
  }),
);

/** The friends page, for browsers: a few files that are read once, and what its operator has set. Nothing about a person. */
export function pageRoutes({ config, log }: Context): FastifyPluginAsyncTypebox {
  const { name, searchUrl } = config.page;
  const files = readPageFiles();
  return async (app) => {
    app.get(
      '/page/settings.json',
      {
        schema: {
          tags: ['page'],
          operationId: 'getPageSettings',
          summary: 'What the operator has set for the friends page',
          description: 'Read by the page when it starts; nothing about a person.',
          response: { 200: PageSettings, ...problems },
        },
      },
      async (_request, reply) =>
        reply.header('cache-control', 'no-cache').send({ name, ...(searchUrl === undefined ? {} : { searchUrl }) }),
    );

    if (!files) return void log.warn('the friends page is not there: npm run build makes it');
    app.get('/', { schema: { hide: true } }, async (_request, reply) => send(reply, files.index, 'no-cache'));
    app.get(
      '/page/:file',
      { schema: { hide: true, params: Type.Object({ file: Type.String({ maxLength: 128 }) }) } },
      async (request, reply) => {
        const file = files.assets.get(request.params.file);
        if (!file) throw new Fault('NOT_FOUND', 'The page has no such file; load the page again.');
        return send(reply, file, FOR_EVER);
      },
    );
  };
}

function send(reply: FastifyReply, { type, body }: PageFile, caching: string): FastifyReply {
  return reply.headers({ 'cache-control': caching, 'content-security-policy': PAGE_POLICY }).type(type).send(body);
}
