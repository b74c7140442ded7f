import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { PHONE_BOOK, sealPurpose } from '../../domain/book/source.ts';
import { Fault } from '../../domain/fault.ts';
import { seal } from '../../runtime/secret/sealing.ts';
import { wake } from '../../store/due/makes-due.ts';
import { MOST_SOURCES } from '../../store/source/source-record.ts';
import { subscriberOf } from '../access/auth.ts';
import { toCredentials, toSourceUrl, toSourceView } from '../books/source-fields.ts';
import type { Context } from '../context.ts';
import { Empty, problems, SubscriberParams } from '../schemas/common.ts';
import { SourceBody, SourceParams, SourcesView, SourceView } from '../schemas/sources.ts';

const PATH = '/subscribers/:subscriberId/address-book/sources';
const tags = ['address book'];

/** Network address books (CardDAV, RFC 6352) of a subscriber. */
export function sourceRoutes(context: Context): FastifyPluginAsyncTypebox {
  const { stores, queues, config, now } = context;

  async function viewOf(id: string, name: string): Promise<Static<typeof SourceView>> {
    const source = await stores.sources.get(id, name);
    if (!source) throw noSource();
    return toSourceView(source, now());
  }

  async function show(request: FastifyRequest) {
    const { id } = await subscriberOf(request, stores);
    const { name } = request.params as { name: string };
    const source = await stores.sources.get(id, name);
    return source && toSourceView(source, now());
  }

  async function list(request: FastifyRequest) {
    const { id } = await subscriberOf(request, stores);
    return { sources: (await stores.sources.list(id)).map((source) => toSourceView(source, now())) };
  }

  return async (app) => {
    app.put(
      `${PATH}/:name`,
      {
        config: { access: { scope: 'address-books:write', self: true } },
        schema: {
          tags,
          operationId: 'linkSource',
          summary: 'Link a network address book, or replace the one of that name',
          description:
            'It is read at once, and again every few hours. With the same URL its contacts stay until then; with another one they go at once.',
          params: SourceParams,
          body: SourceBody,
          response: { 202: SourceView, ...problems },
        },
      },
      async (request, reply) => {
        const { id } = await subscriberOf(request, stores);
        const { name } = request.params;
        if (name === PHONE_BOOK)
          throw new Fault('INVALID_ARGUMENT', 'This name is for the book that a Quicksy client sends; choose another.');
        const url = toSourceUrl(request.body.url, config.sourceAllow);
        const plain = JSON.stringify(toCredentials(request.body));
        const credentials = seal(config.secretsKey, sealPurpose(id, name), plain);
        const outcome = await stores.sources.link(id, { name, url, credentials }, now());
        if (outcome === 'gone') throw new Fault('NOT_FOUND', 'There is no such subscriber.');
        if (outcome === 'full')
          throw new Fault('CONFLICT', `A subscriber has at most ${MOST_SOURCES} sources; remove one first.`);
        await wake(queues, 'sourceLinked', [id]);
        return reply.code(202).send(await viewOf(id, name));
      },
    );

    app.get(
      PATH,
      {
        config: { access: { scope: 'address-books:read', self: true }, shows: list },
        schema: {
          tags,
          operationId: 'listSources',
          summary: 'The network address books that are linked',
          params: SubscriberParams,
          response: { 200: SourcesView, ...problems },
        },
      },
      list,
    );

    app.get(
      `${PATH}/:name`,
      {
        config: { access: { scope: 'address-books:read', self: true }, shows: show },
        schema: {
          tags,
          operationId: 'getSource',
          summary: 'One network address book: how its last read went, and when the next one is',
          params: SourceParams,
          response: { 200: SourceView, ...problems },
        },
      },
      async (request) => {
        const shown = await show(request);
        if (!shown) throw noSource();
        return shown;
      },
    );

    app.post(
      `${PATH}/:name/read`,
      {
        config: { access: { scope: 'address-books:write', self: true } },
        schema: {
          tags,
          operationId: 'readSource',
          summary: 'Read a network address book now',
          params: SourceParams,
          response: { 202: SourceView, ...problems },
        },
      },
      async (request, reply) => {
        const { id } = await subscriberOf(request, stores);
        if (!(await stores.sources.ask(id, request.params.name, now()))) throw noSource();
        await wake(queues, 'sourceAsked', [id]);
        return reply.code(202).send(await viewOf(id, request.params.name));
      },
    );

    app.delete(
      `${PATH}/:name`,
      {
        config: { access: { scope: 'address-books:write', self: true } },
        schema: {
          tags,
          operationId: 'unlinkSource',
          summary: 'Remove a network address book with its contacts; the friendships that only they made end',
          params: SourceParams,
          response: { 204: Empty, ...problems },
        },
      },
      async (request, reply) => {
        const { id } = await subscriberOf(request, stores);
        if (!(await stores.sources.unlink(id, request.params.name, now()))) throw noSource();
        await wake(queues, 'book', [id]);
        return reply.code(204).send(null);
      },
    );
  };
}

function noSource(): Fault {
  return new Fault('NOT_FOUND', 'There is no source of that name.');
}
