import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as it arrived. `service`: of the process; attributes by name. */
export type ReceivedSpan = {
  service: string;
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  failed: boolean;
  attributes: Record<string, string | number>;
};

export type TraceReceiver = Awaited<ReturnType<typeof startTraceReceiver>>;

type Value = { stringValue?: string; intValue?: number | string; doubleValue?: number };
type Attribute = { key: string; value: Value };
type Sent = {
  resourceSpans: {
    resource: { attributes: Attribute[] };
    scopeSpans: {
      spans: (Omit<ReceivedSpan, 'attributes'> & { attributes: Attribute[]; status: { code?: number } })[];
    }[];
  }[];
};

/** Takes traces as a collector does: OTLP/JSON over HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp). */
export async function startTraceReceiver() {
  const spans: ReceivedSpan[] = [];
  const texts: string[] = [];
  const faults: string[] = [];
  const http = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    if (
      request.method !== 'POST' ||
      request.url !== '/v1/traces' ||
      request.headers['content-type'] !== 'application/json'
    ) {
      faults.push(`${request.method} ${request.url} ${request.headers['content-type']}`);
      response.writeHead(400).end();
      return;
    }
    texts.push(body);
    spans.push(...read(JSON.parse(body) as Sent));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"partialSuccess":{}}');
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    spans,
    /** Bodies as they came. */
    texts,
    /** Requests that no collector takes. */
    faults,
    /** Those of one trace. */
    of: (traceId: string) => spans.filter((span) => span.traceId === traceId),
    async stop(): Promise<void> {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

function read({ resourceSpans }: Sent): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = `${toRecord(resource.attributes)['service.name']}`;
    return scopeSpans.flatMap(({ spans }) =>
      spans.map(({ name, kind, traceId, spanId, parentSpanId, status, attributes }) => ({
        ...{ service, name, kind, traceId, spanId, parentSpanId },
        ...{ failed: status.code === 2, attributes: toRecord(attributes) },
      })),
    );
  });
}

function toRecord(attributes: readonly Attribute[]): Record<string, string | number> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.doubleValue ?? Number(value.intValue)]),
  );
}
