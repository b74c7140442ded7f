import { randomUUID } from 'node:crypto';
import type { Attributes as OtherAttributes, SpanKind as OtherKind, Span as OtherSpan } from '@opentelemetry/api';
import type { TracesConfig } from './config/traces-config.ts';
import type { Log } from './log.ts';
import type { SubjectHashOf } from './secret/subject-hash.ts';
import type { Attributes, Span, SpanKind, Tracing } from './tracing.ts';
import { readVersion } from './version.ts';

/** Milliseconds between two batches; what a process has not sent when it is killed is lost. */
const BATCH = 2_000;
/** Milliseconds in which a receiver has to take a batch, and in which a process that ends waits for that. */
const PATIENCE = 2_000;

/** `traceparent` of version 00 (https://www.w3.org/TR/trace-context/#version-format); of a later one what is known of it. */
const PLACE = /^(?!ff)[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.*)?$/;

/**
 * Traces by OpenTelemetry's SDK, sent as OTLP/JSON over HTTP. Its libraries are read here, with this call, and nowhere else, so
 * that whoever has traces off never reads them.
 */
export async function openTracing(
  config: TracesConfig,
  role: string,
  log: Log,
  subjectHashOf: SubjectHashOf,
): Promise<Tracing> {
  const [api, exporting, resources, sdk] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/sdk-trace'),
  ]);
  const complain = (message: string) => log.warn({ reason: message.slice(0, 300) }, 'traces cannot be sent');
  api.diag.setLogger(
    { error: complain, warn: complain, info() {}, debug() {}, verbose() {} },
    { logLevel: api.DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const exporter = new exporting.OTLPTraceExporter({ url: `${config.url}/v1/traces`, timeoutMillis: PATIENCE });
  const provider = new sdk.TracerProvider({
    resource: resources.resourceFromAttributes({
      'service.name': `earshot-${role}`,
      'service.version': readVersion(),
      'service.instance.id': randomUUID(),
    }),
    // Who wants no trace gets none; the share of the others is drawn before.
    sampler: new sdk.ParentBasedSampler({ root: new sdk.AlwaysOnSampler() }),
    spanProcessors: [
      new sdk.BatchSpanProcessor({ exporter, scheduledDelayMillis: BATCH, exportTimeoutMillis: 2 * PATIENCE }),
    ],
  });
  const tracer = provider.getTracer('earshot');
  const kinds: Record<SpanKind, OtherKind> = {
    server: api.SpanKind.SERVER,
    client: api.SpanKind.CLIENT,
    consumer: api.SpanKind.CONSUMER,
    internal: api.SpanKind.INTERNAL,
  };

  function contextOf(parent: string | undefined) {
    const [, traceId, spanId, flags] = PLACE.exec(parent ?? '') ?? [];
    if (traceId === undefined || spanId === undefined || flags === undefined) return api.ROOT_CONTEXT;
    const place = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
    return api.isSpanContextValid(place) ? api.trace.setSpanContext(api.ROOT_CONTEXT, place) : api.ROOT_CONTEXT;
  }

  function toldOf({ subject, ...attributes }: Attributes): OtherAttributes {
    return subject === undefined ? attributes : { ...attributes, 'earshot.subject': subjectHashOf(subject) };
  }

  function begin(name: string, kind: SpanKind, context = api.ROOT_CONTEXT, attributes: Attributes = {}): OtherSpan {
    return tracer.startSpan(name, { kind: kinds[kind], attributes: toldOf(attributes) }, context);
  }

  function beginAt(place: string | undefined, name: string, kind: SpanKind, attributes?: Attributes): Span | undefined {
    const span = begin(name, kind, contextOf(place), attributes);
    return span.isRecording() ? toSpan(span) : undefined;
  }

  function toSpan(span: OtherSpan): Span {
    const { traceId, spanId } = span.spanContext();
    return {
      place: `00-${traceId}-${spanId}-01`,
      child: (name, kind, attributes) =>
        toSpan(begin(name, kind, api.trace.setSpan(api.ROOT_CONTEXT, span), attributes)),
      end({ failed = false, attributes = {} } = {}) {
        span.setAttributes(toldOf(attributes));
        // Without a text: that of an error may hold anything.
        if (failed) span.setStatus({ code: api.SpanStatusCode.ERROR });
        span.end();
      },
    };
  }

  return {
    begin: (name, parent, attributes) =>
      Math.random() * 100 < config.share ? beginAt(parent, name, 'server', attributes) : undefined,
    follow: (name, kind, place, attributes) => beginAt(place, name, kind, attributes),
    async stop() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, PATIENCE);
      });
      await Promise.race([provider.shutdown().catch(() => {}), late]);
      clearTimeout(timer);
    },
  };
}
