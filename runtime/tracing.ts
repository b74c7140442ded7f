/** As OpenTelemetry tells them apart: a request that came in, one that goes out, a job that a message asked for, and anything else. */
export type SpanKind = 'server' | 'client' | 'consumer' | 'internal';

/**
 * What is told of a piece of work: codes, counts and routes. `subject`: a subscriber's id, which goes out as its keyed hash, as
 * in the log. Never a number, a name, a JID or a title.
 */
export type Attributes = Readonly<Record<string, string | number>> & { subject?: string };

/** A piece of work that is traced, from when it was begun to its `end`. */
export type Span = {
  /** Its place in the trace, for what is done because of it: `traceparent` of W3C Trace Context. */
  readonly place: string;
  /** A piece of this work. */
  child(name: string, kind: SpanKind, attributes?: Attributes): Span;
  end(outcome?: { failed?: boolean; attributes?: Attributes }): void;
};

export type Tracing = {
  /** `parent`: a `traceparent`, also one from outside; without one, or with none that can be read, a trace begins. Undefined where this trace is not taken. */
  begin(name: string, kind: SpanKind, parent?: string, attributes?: Attributes): Span | undefined;
  /** Sends what has not been sent. */
  stop(): Promise<void>;
};
