import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Fault } from '../../domain/fault.ts';
import { createJsonLinesReader, type ImportReader, type ImportRow } from '../../domain/import-rows.ts';
import { operatorOnly } from '../auth.ts';
import type { Context } from '../context.ts';
import { type ImportEnd, importReport, type RowReport } from '../import-report.ts';
import { ImportQuery, problems } from '../schemas.ts';

/** Media types of provisioning files, and who reads them. */
const READERS: Record<string, () => ImportReader> = { 'application/x-ndjson': createJsonLinesReader };
const LINES = { 'application/x-ndjson': { schema: { type: 'string' } } };

/** Provisioning of many subscribers. */
export function importRoutes(context: Context): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.removeAllContentTypeParsers();
    for (const [type, createReader] of Object.entries(READERS))
      app.addContentTypeParser(type, (_request, payload, done) => done(null, rowsOf(payload, createReader())));

    app.post(
      '/imports',
      {
        onRequest: operatorOnly,
        // Rows are read as they come, so the size of the whole needs no limit.
        bodyLimit: Number.MAX_SAFE_INTEGER,
        schema: {
          tags: ['subscribers'],
          summary: 'Add or update many subscribers',
          description:
            'One `{phoneNumber, displayName?, jid?}` a line; the answer has one report a line, in the same order, while the rows arrive. The same file again changes nothing.',
          querystring: ImportQuery,
          response: {
            200: {
              description:
                'Reports `{row, outcome, subscriberId?, password?, code?, detail?}`, and at last `{done, counts}` or `{stopped}`',
              content: LINES,
            },
            ...problems,
          },
        },
      },
      async (request, reply) => {
        const rows = request.body as AsyncIterable<ImportRow> | undefined;
        if (!rows) throw new Fault('INVALID_ARGUMENT', 'Send the rows, with Content-Type: application/x-ndjson.');
        const report = importReport(context, rows, request.query.dryRun === 'true');
        return reply.type('application/x-ndjson').send(Readable.from(toLines(report), { objectMode: false }));
      },
    );
  };
}

async function* rowsOf(payload: AsyncIterable<Buffer>, reader: ImportReader): AsyncGenerator<ImportRow> {
  for await (const chunk of payload) yield* reader.push(chunk);
  yield* reader.end();
}

async function* toLines(reports: AsyncIterable<RowReport | ImportEnd>): AsyncGenerator<string> {
  for await (const report of reports) yield `${JSON.stringify(report)}\n`;
}
