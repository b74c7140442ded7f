import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Fault, type FaultCode } from '../../domain/fault.ts';
import { createImportCsvReader } from '../../domain/import/import-csv.ts';
import { createJsonLinesReader } from '../../domain/import/import-json-lines.ts';
import type { ImportReader, ImportRow } from '../../domain/import/import-rows.ts';
import { writeEntries } from '../access/audit.ts';
import { carrierOf } from '../access/auth.ts';
import type { Context } from '../context.ts';
import { bytesOf } from '../http/body-stream.ts';
import type { InTurn } from '../imports/giving-way.ts';
import { createImportMemory } from '../imports/import-memory.ts';
import { createPaces } from '../imports/import-pace.ts';
import { type ImportEnd, importReport, type RowReport } from '../imports/import-report.ts';
import type { Outcome, RowResult } from '../imports/import-row.ts';
import { rowBatches } from '../imports/row-batches.ts';
import { problems } from '../schemas/common.ts';
import { ImportQuery } from '../schemas/operations.ts';

/** Media types of provisioning files, and who reads them. */
const READERS: Record<string, () => ImportReader> = {
  'application/x-ndjson': createJsonLinesReader,
  'text/csv': createImportCsvReader,
};
const LINES = { 'application/x-ndjson': { schema: { type: 'string' } } };

/** Provisioning of many subscribers. */
export function importRoutes(context: Context, inTurn: InTurn): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.removeAllContentTypeParsers();
    for (const [type, createReader] of Object.entries(READERS))
      app.addContentTypeParser(type, (request, payload, done) =>
        done(null, rowBatches(bytesOf(request, payload, Number.MAX_SAFE_INTEGER), createReader())),
      );

    app.post(
      '/imports',
      {
        config: { access: { scope: 'imports:write' }, remembers: true },
        // Rows are read as they come, so the size of the whole needs no limit.
        bodyLimit: Number.MAX_SAFE_INTEGER,
        schema: {
          tags: ['subscribers'],
          summary: 'Add or update many subscribers',
          description:
            'JSON lines `{phoneNumber, displayName?, jid?}`, or CSV with these columns; the answer has one report a line, in the same order, while the rows arrive. The same file again changes nothing. With an Idempotency-Key a row that was done under it is told as `created` again, with its password, for a day.',
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
        const rows = request.body as AsyncIterable<ImportRow[]> | undefined;
        if (!rows)
          throw new Fault('INVALID_ARGUMENT', 'Send the rows, with Content-Type: application/x-ndjson or text/csv.');
        const audit = (results: readonly RowResult[]) => auditRows(context, request, results);
        const carrier = carrierOf(request);
        const memory = createImportMemory(context, carrier, request.headers['idempotency-key']);
        const dryRun = request.query.dryRun === 'true';
        const gone = new AbortController();
        reply.raw.once('close', () => gone.abort());
        const paces = createPaces(context.now);
        const job = { carrier, memory, dryRun, paces, inTurn, gone: gone.signal };
        const report = importReport(context, job, rows, audit);
        return reply.type('application/x-ndjson').send(Readable.from(toLines(report), { objectMode: false }));
      },
    );
  };
}

/** What a row changed, or may not touch, is an entry as if it had been a call. */
async function auditRows(context: Context, request: FastifyRequest, results: readonly RowResult[]): Promise<void> {
  const entries = results.map(({ outcome, code, subject }) => ({ subject, code, status: statusOf(outcome, code) }));
  await writeEntries(
    context,
    request,
    entries.filter(({ status }) => status > 0),
  );
}

/** 0 for what leaves no entry. */
function statusOf(outcome: Outcome, code: FaultCode | undefined): number {
  return { created: 201, updated: 200, unchanged: 0, refused: code === 'PERMISSION_DENIED' ? 403 : 0 }[outcome];
}

async function* toLines(reports: AsyncIterable<(RowReport | ImportEnd)[]>): AsyncGenerator<string> {
  for await (const some of reports) yield some.map((report) => `${JSON.stringify(report)}\n`).join('');
}
