import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Fault, type FaultCode } from '../../domain/fault.ts';
import { createImportCsvReader } from '../../domain/import/import-csv.ts';
import { createJsonLinesReader } from '../../domain/import/import-json-lines.ts';
import type { ImportReader, ImportRow } from '../../domain/import/import-rows.ts';
import { writeEntries } from '../access/audit.ts';
import { carrierOf } from '../access/auth.ts';
import { isIdempotencyKey } from '../access/idempotent.ts';
import { bytesWithoutEnd } from '../body/body-stream.ts';
import type { Context } from '../context.ts';
import { validatorOf } from '../http/schema-check.ts';
import type { InTurn } from '../imports/giving-way.ts';
import { createImportMemory } from '../imports/import-memory.ts';
import { createPaces } from '../imports/import-pace.ts';
import { beginProgress, importView, type Outcome } from '../imports/import-progress.ts';
import { type ImportEnd, importReport, type RowReport } from '../imports/import-report.ts';
import type { RowResult } from '../imports/import-row.ts';
import { IMPORT_HOLDS, rowBatches } from '../imports/row-batches.ts';
import { problems } from '../schemas/common.ts';
import { ImportBody, ImportParams, ImportProgressView, ImportQuery, ImportReport } from '../schemas/imports.ts';

/** Media types of provisioning files, and who reads them. */
const READERS: Record<string, () => ImportReader> = {
  'application/x-ndjson': createJsonLinesReader,
  'text/csv': createImportCsvReader,
};

/** Provisioning of many subscribers. */
export function importRoutes(context: Context, inTurn: InTurn): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.removeAllContentTypeParsers();
    for (const [type, createReader] of Object.entries(READERS))
      app.addContentTypeParser(type, (request, _payload, done) =>
        done(null, rowBatches(bytesWithoutEnd(request), createReader())),
      );

    app.post(
      '/imports',
      {
        config: {
          access: { scope: 'imports:write' },
          remembers: true,
          holds: IMPORT_HOLDS,
          rank: 'import',
          answersPlace: true,
        },
        // The schema is for the reader of the document: each row is checked by itself as it comes.
        validatorCompiler: (part) => (part.httpPart === 'body' ? () => true : validatorOf(part)),
        // Rows are read as they come, so the size of the whole needs no limit.
        bodyLimit: Number.MAX_SAFE_INTEGER,
        schema: {
          tags: ['subscribers'],
          operationId: 'importSubscribers',
          summary: 'Add or update many subscribers',
          description:
            'JSON lines `{phoneNumber, displayName?, jid?}`, or CSV with these columns; the answer has one report a line, in the same order, while the rows arrive. The same file again changes nothing. With an Idempotency-Key a row that was done under it is told as `created` again, with its password, for a day. Without a `jid` an XMPP account is made beside, which no row waits for: such a row says `account: "waiting"`, and its subscriber is there with its account. `Location` says where to ask how far that is.',
          querystring: ImportQuery,
          body: ImportBody,
          response: {
            200: ImportReport,
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
        const memory = createImportMemory(context, carrier, idempotencyKeyOf(request));
        const dryRun = request.query.dryRun === 'true' || request.query.dryRun === '1';
        const progress = dryRun ? undefined : await beginProgress(context, carrier, idempotencyKeyOf(request));
        if (progress) reply.header('location', `/v1/imports/${progress.importId}`);
        const gone = new AbortController();
        reply.raw.once('close', () => gone.abort());
        const paces = createPaces(context);
        const job = { carrier, memory, dryRun, paces, progress, inTurn, gone: gone.signal };
        const report = importReport(context, job, rows, audit);
        return reply.type('application/x-ndjson').send(Readable.from(toLines(report), { objectMode: false }));
      },
    );

    app.get(
      '/imports/:importId',
      {
        config: { access: { scope: 'imports:write' } },
        schema: {
          tags: ['subscribers'],
          operationId: 'getImport',
          summary: 'How far an import has come',
          description:
            'Of all requests under one Idempotency-Key together, for 30 days after the last of them: what became of the rows, and of the XMPP accounts that they asked for. `state` is `running` while rows are worked on or accounts wait.',
          params: ImportParams,
          response: { 200: ImportProgressView, ...problems },
        },
      },
      async (request) => importView(context, carrierOf(request), request.params.importId),
    );
  };
}

/** @throws Fault INVALID_ARGUMENT */
function idempotencyKeyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined || isIdempotencyKey(key)) return key;
  throw new Fault('INVALID_ARGUMENT', 'Idempotency-Key must be 1 to 255 visible ASCII characters.');
}

/** What a row changed, or may not touch, is an entry as if it had been a call; so is a password that is told again. */
async function auditRows(context: Context, request: FastifyRequest, results: readonly RowResult[]): Promise<void> {
  const entries = results.flatMap(({ outcome, code, subject, again }) => {
    const status = again ? 200 : statusOf(outcome, code);
    return status === undefined ? [] : [{ subject, code, status }];
  });
  await writeEntries(context, request, entries);
}

/** Undefined for what leaves no entry. */
function statusOf(outcome: Outcome, code: FaultCode | undefined): number | undefined {
  if (outcome === 'refused') return code === 'PERMISSION_DENIED' ? 403 : undefined;
  return { created: 201, updated: 200, unchanged: undefined }[outcome];
}

async function* toLines(reports: AsyncIterable<(RowReport | ImportEnd)[]>): AsyncGenerator<string> {
  for await (const some of reports) yield some.map((report) => `${JSON.stringify(report)}\n`).join('');
}
