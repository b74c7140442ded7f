/** The codes an error can carry, from the HTTP answer to the log line. One list, so that nobody invents a synonym. */
export const FAULT_CODES = [
  'INVALID_ARGUMENT',
  'OUT_OF_RANGE',
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'ALREADY_EXISTS',
  'CONFLICT',
  'CONFIRMATION_REQUIRED',
  'FAILED_PRECONDITION',
  'PAYLOAD_TOO_LARGE',
  'URI_TOO_LONG',
  'HEADERS_TOO_LARGE',
  'REQUEST_TIMEOUT',
  'CANCELLED',
  'UNSUPPORTED_MEDIA_TYPE',
  'EXPECTATION_FAILED',
  'IDEMPOTENCY_KEY_REUSED',
  'TOO_MANY_REQUESTS',
  'UNAVAILABLE',
  'INTERNAL',
] as const;

export type FaultCode = (typeof FAULT_CODES)[number];

/** An expected failure. The message tells the reader what to do next and holds no number, name, token or title. */
export class Fault extends Error {
  readonly code: FaultCode;
  /** Seconds after which it can be tried again, where that is known. */
  readonly retryAfter: number | undefined;

  constructor(code: FaultCode, message: string, retryAfter?: number) {
    super(message);
    this.name = 'Fault';
    this.code = code;
    this.retryAfter = retryAfter;
  }
}
