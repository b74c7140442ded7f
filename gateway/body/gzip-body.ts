import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Fault } from '../../domain/fault.ts';
import { arriving, requireSize, upToLimit } from './body-stream.ts';

const CHUNK = 64 * 1024;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Takes bodies as large as an upload may be, also with `Content-Encoding: gzip` (RFC 9110, section 8.4). */
    upload?: true;
  }
}

/** Unzips the bodies of uploads, none further than an upload may be large; every other route refuses what is encoded. */
export function acceptGzip(app: FastifyInstance): void {
  app.addHook('preParsing', (request, _reply, payload, done) => {
    const { upload } = request.routeOptions.config;
    try {
      if (upload) requireSize(Number(request.headers['content-length'] ?? 0));
      done(null, isZipped(request, upload) ? unzip(request.raw) : payload);
    } catch (err) {
      done(err as Error);
    }
  });
}

function isZipped({ headers }: FastifyRequest, upload: true | undefined): boolean {
  const encoding = headers['content-encoding'] ?? '';
  if (/^\s*(?:identity)?\s*$/i.test(encoding)) return false;
  if (upload && /^\s*(?:x-)?gzip\s*$/i.test(encoding)) return true;
  const advice = upload ? 'as it is, or with Content-Encoding: gzip.' : 'as it is, without Content-Encoding.';
  throw new Fault('UNSUPPORTED_MEDIA_TYPE', `Send the body ${advice}`);
}

/**
 * A gzip body (RFC 1952) unzipped as it is read, never further than an upload may be large. `receivedEncodedLength` is what the framework
 * compares with Content-Length.
 */
function unzip(raw: IncomingMessage): Readable & { receivedEncodedLength: number } {
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of upToLimit(arriving(raw))) {
      body.receivedEncodedLength += chunk.length;
      yield chunk;
    }
  }
  const unzipped = Readable.from(upToLimit(gunzip(counted())), { objectMode: false });
  const body = Object.assign(unzipped, { receivedEncodedLength: 0 });
  // The framework stops listening when it has had enough; an error after that concerns nobody.
  return body.on('error', () => {});
}

async function* gunzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const inflater = createGunzip({ chunkSize: CHUNK });
  const feeding = pipeline(Readable.from(chunks, { objectMode: false }), inflater);
  feeding.catch(() => {}); // The same error reaches the loop below.
  try {
    yield* inflater;
  } catch (err) {
    throw err instanceof Fault ? err : new Fault('INVALID_ARGUMENT', 'The body is no valid gzip, or it ends early.');
  }
}
