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
  /**
   * A call that comes in. `parent`: the caller's `traceparent`; without one, or with none that can be read, a trace begins.
   * Undefined where the call is not taken: whether it is, is drawn anew for each, whatever id the caller has chosen.
   */
  begin(name: string, parent?: string, attributes?: Attributes): Span | undefined;
  /** What is done because of it in any process. `place`: that of a span that was taken. */
  follow(name: string, kind: SpanKind, place: string, attributes?: Attributes): Span | undefined;
  /** Sends what has not been sent. */
  stop(): Promise<void>;
};
