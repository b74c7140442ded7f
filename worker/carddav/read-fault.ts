import { Fault } from '../../domain/fault.ts';

/**
 * What went wrong below HTTP, with advice; the library's own words could hold addresses and URLs.
 */
export function toReadFault(error: unknown): Fault {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof Fault) return cause;
  const { name = '', code = '' } = error as { name?: string; code?: string };
  if (name === 'TimeoutError' || name === 'AbortError' || /TIMEOUT|ETIMEDOUT/.test(code))
    return new Fault('UNAVAILABLE', 'The server does not answer in time; it is tried again later.');
  if (/CERT|TLS|SSL|VERIFY_LEAF/.test(code))
    return new Fault('UNAVAILABLE', 'The server’s TLS certificate is not valid for this URL.');
  return new Fault('UNAVAILABLE', 'The server cannot be reached, or breaks off; it is tried again later.');
}

/** What an answer's status means for whoever linked the source. */
export function toStatusFault(status: number): Fault {
  if (status === 401) return new Fault('UNAUTHENTICATED', 'The server refuses the credentials; link the source again.');
  if (status === 403) return new Fault('PERMISSION_DENIED', 'The server does not let these credentials read here.');
  if (status === 413) return new Fault('PAYLOAD_TOO_LARGE', 'The server takes no request of this size.');
  if (status === 404 || status === 410) return new Fault('NOT_FOUND', 'There is no address book at this URL.');
  if (status === 429 || status >= 500)
    return new Fault('UNAVAILABLE', `The server answers with status ${status}; it is tried again later.`);
  return new Fault(
    'INVALID_ARGUMENT',
    `The server answers with status ${status}; check that the URL is one of CardDAV.`,
  );
}

/** The server that is named is one of the operator's own network, where a stranger must not look. */
export function internalAddress(): Fault {
  return new Fault(
    'PERMISSION_DENIED',
    'The URL, or where it leads to, is an internal address, or not https; the operator can allow it (EARSHOT_SOURCE_ALLOW).',
  );
}

/**
 * The same for a name that nobody has and for one of the operator's own network: which names there
 * are is nobody's business.
 */
export function nowhere(): Fault {
  return new Fault(
    'UNAVAILABLE',
    'The server’s name leads to no address that may be read; check the URL, which must be https. Internal ones the operator can allow (EARSHOT_SOURCE_ALLOW).',
  );
}
