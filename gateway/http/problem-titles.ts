import type { FaultCode } from '../../domain/fault.ts';

/** The `title` of a problem: what RFC 9110, section 15, calls its status. */
export const TITLES: Record<FaultCode, string> = {
  INVALID_ARGUMENT: 'Bad Request',
  OUT_OF_RANGE: 'Bad Request',
  UNAUTHENTICATED: 'Unauthorized',
  PERMISSION_DENIED: 'Forbidden',
  NOT_FOUND: 'Not Found',
  METHOD_NOT_ALLOWED: 'Method Not Allowed',
  ALREADY_EXISTS: 'Conflict',
  CONFLICT: 'Conflict',
  CONFIRMATION_REQUIRED: 'Conflict',
  FAILED_PRECONDITION: 'Precondition Failed',
  PAYLOAD_TOO_LARGE: 'Content Too Large',
  URI_TOO_LONG: 'URI Too Long',
  HEADERS_TOO_LARGE: 'Request Header Fields Too Large',
  REQUEST_TIMEOUT: 'Request Timeout',
  CANCELLED: 'Client Closed Request',
  UNSUPPORTED_MEDIA_TYPE: 'Unsupported Media Type',
  EXPECTATION_FAILED: 'Expectation Failed',
  IDEMPOTENCY_KEY_REUSED: 'Unprocessable Content',
  TOO_MANY_REQUESTS: 'Too Many Requests',
  UNAVAILABLE: 'Service Unavailable',
  INTERNAL: 'Internal Server Error',
};
